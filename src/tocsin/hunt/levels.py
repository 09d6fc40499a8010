"""Levels of rules, and which rules a hunt is asked to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.core.errors import InvalidError
from tocsin.core.severity import Severity
from tocsin.detect.rule import WatchRule

LEVELS = ("informational", "low", "medium", "high", "critical")
"""From the least grave to the gravest."""


def level_of(rule: WatchRule) -> str:
    """Return a rule's level in Sigma's words."""
    return rule.level if rule.level in LEVELS else Severity(rule.severity).name.lower()


def select(rules: Iterable[WatchRule], *, least: str, tags: Sequence[str]) -> list[WatchRule]:
    """Return the rules of at least this level that have one of the tags; no tag asks for all.

    A tag may be given without `attack.`, and stands for those below it: `t1059` for `attack.t1059.001`.
    Rules that correlations name are kept, but open no alerts of their own. Raises `InvalidError`.
    """
    if least not in LEVELS:
        raise InvalidError(f"{least!r} is no level: {', '.join(LEVELS)}")
    lowest = LEVELS.index(least)
    wanted = [tag.lower() for tag in tags]
    return [
        rule
        for rule in rules
        if not rule.alerts or (LEVELS.index(level_of(rule)) >= lowest and _tagged(rule, wanted))
    ]


def _tagged(rule: WatchRule, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    tags = {tag.lower() for tag in rule.tags}
    plain = tags | {tag.removeprefix("attack.") for tag in tags}
    return any(tag == want or tag.startswith(f"{want}.") for tag in plain for want in wanted)
