"""The rules and detections that come with Tocsin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.cli.reference.markdown import code, page, table
from tocsin.content import own_content
from tocsin.core.errors import ContentError, Problem
from tocsin.core.severity import Severity
from tocsin.detect.builtin import indicator_rule, level_rule
from tocsin.detect.loader import load_folders
from tocsin.detect.rule import WatchRule
from tocsin.rules import load

_RULES = """\
A rule gives an event its `rule.id` and `rule.level` (0 to 16). A rule of level 0 only groups what rules below
it look at. An event whose level is at least `detect.alert_level` opens an alert, unless a detection that is
on replaces the rule."""

_DETECTIONS = "A detection watches the log and opens alerts, grouped as it says."


def rule_page() -> str:
    """Return the tables of rules and detections; raises `ContentError` when one is refused."""
    ruleset = load([own_content()])
    detections = load_folders([own_content() / "detections"])
    _refuse((*ruleset.problems, *detections.problems))
    rows = [
        (code(rule.id), str(rule.level), rule.description, ", ".join(rule.groups), ", ".join(rule.mitre))
        for rule in ruleset.rules
    ]
    watching = [level_rule(), indicator_rule(), *sorted(detections.rules, key=lambda rule: rule.id)]
    return page(
        "Rules and detections",
        "## Rules",
        _RULES,
        table(("rule", "level", "description", "groups", "ATT&CK"), rows),
        "## Detections",
        _DETECTIONS,
        table(("detection", "kind", "severity", "name", "replaces", "ATT&CK"), map(_detection, watching)),
    )


def _detection(rule: WatchRule) -> Sequence[str]:
    return (
        code(rule.id),
        rule.kind,
        Severity(rule.severity).name.lower(),
        rule.name,
        ", ".join(map(code, rule.replaces)),
        ", ".join(rule.techniques),
    )


def _refuse(problems: Iterable[Problem]) -> None:
    for problem in problems:
        raise ContentError(f"{Path(problem.location.path).name}: {problem.reason}", location=problem.location)
