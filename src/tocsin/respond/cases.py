"""Run the cases that stand beside a playbook: facts in, the decision they must lead to.

`name.yml` has its cases in `name.cases.yml`: a list of mappings with `name`, `facts` and `expect`, which
holds `outcome` and, where they matter, `resolution`, `verdict` and `score`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tocsin.core.errors import ContentError, Location
from tocsin.respond.action import Action
from tocsin.respond.document import cleaned
from tocsin.respond.loader import read_file
from tocsin.respond.policy import Policy, judge


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the decision must be; what is left out may be anything."""

    outcome: str
    resolution: str | None = None
    verdict: str | None = None
    score: int | None = None


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts and their decision."""

    name: str
    facts: dict[str, Any]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case gave; it passed when that is what was expected."""

    location: Location
    name: str
    expected: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Everything expected was found."""
        return self.expected == self.found


def run_cases(playbook_path: Path, actions: Mapping[str, Action]) -> list[CaseResult]:
    """Run the cases beside a playbook on its first verdict; none when it has no file of cases."""
    path = playbook_path.with_suffix(".cases.yml")
    if not path.exists():
        return []
    steps = [step for step in read_file(playbook_path, actions).steps if step.action == "verdict"]
    if not steps:
        raise ContentError("cases need a playbook with a verdict", location=Location(str(path)))
    policy = msgspec.convert(steps[0].arguments, Policy)
    return [_result(path, policy, case) for case in _read(path)]


def _read(path: Path) -> list[Case]:
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), list[Case])
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ContentError(f"the cases cannot be read: {error}", location=Location(str(path))) from error


def _result(path: Path, policy: Policy, case: Case) -> CaseResult:
    judgement = judge(policy, cleaned(case.facts))
    expected = msgspec.to_builtins(case.expect)
    found = {name: getattr(judgement, name) for name in expected}
    return CaseResult(Location(str(path)), case.name, expected, found)
