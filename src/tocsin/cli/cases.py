"""The cases beside detections and playbooks, run as those beside decoders and rules are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from tocsin.core.errors import ContentError, Location, Problem
from tocsin.detect import cases as detection_cases
from tocsin.respond import cases as playbook_cases
from tocsin.respond.actions import ACTIONS
from tocsin.rules.cases import Outcome

_SUFFIX = ".cases.yml"


def run_other_cases(paths: Sequence[Path]) -> tuple[list[Outcome], list[Problem]]:
    """Run the cases of detections and playbooks below the paths; returns outcomes and what was refused."""
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(found for given in paths for found in _content(given)):
        try:
            outcomes += _outcomes(path)
        except ContentError as error:
            problems.append(Problem(error.location or Location(str(path)), error.message))
    return outcomes, problems


def _content(path: Path) -> Iterator[Path]:
    """Yield the YAML files that have cases beside them."""
    below = sorted(path.rglob(f"*{_SUFFIX}")) if path.is_dir() else [path]
    for file in below:
        content = (
            file.with_name(f"{file.name.removesuffix(_SUFFIX)}.yml") if file.name.endswith(_SUFFIX) else file
        )
        if content.suffix == ".yml" and content.is_file():
            yield content


def _outcomes(path: Path) -> list[Outcome]:
    if _is_playbook(path):
        results: Sequence[playbook_cases.CaseResult | detection_cases.CaseResult]
        results = playbook_cases.run_cases(path, ACTIONS)
    else:
        results = detection_cases.run_cases(path)
    return [
        Outcome(
            result.name,
            result.location.path,
            result.location.line,
            () if result.passed else (f"expected {dict(result.expected)}, found {dict(result.found)}",),
        )
        for result in results
    ]


def _is_playbook(path: Path) -> bool:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContentError(f"cannot be read: {error}", location=Location(str(path))) from error
    return isinstance(document, dict) and "steps" in document
