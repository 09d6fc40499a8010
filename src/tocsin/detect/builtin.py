"""The rules every installation has: analysis rules of a level, and known indicators."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.core.detection import RuleKind
from tocsin.core.errors import Location
from tocsin.core.severity import Severity
from tocsin.detect.rule import Title, WatchRule, version_of
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, Exists, Node, Not, OneOf, Range

DEFAULT_LEVEL = 7


def level_rule(level: int = DEFAULT_LEVEL, replaced: Sequence[str] = ()) -> WatchRule:
    """Return the rule that alerts on every event whose analysis rule has at least this level.

    Analysis rules in `replaced` are left out: another rule alerts in their place.
    """
    least = Range("rule.level", gte=level)
    others = (Not(OneOf("rule.id", tuple(replaced))),) if replaced else ()
    return _rule(
        "rule-level",
        "level",
        name=f"Analysis rule of level {level} or above",
        description="Every event that an analysis rule gives at least this level opens an alert, "
        "grouped by that rule and by the first of source address, user, file, process, port and host it has.",
        node=And((least, *others)) if others else least,
        text=f"rule.level: >={level}" + "".join(f" AND NOT rule.id: {each}" for each in replaced),
    )


def indicator_rule() -> WatchRule:
    """Return the rule that alerts on every event in which a known indicator was found."""
    return _rule(
        "known-indicator",
        "indicator",
        name="Known indicator seen",
        description="The event holds a value that a loaded feed names as an indicator of compromise.",
        node=Exists("threat.indicator.id"),
        text="threat.indicator.id: *",
        severity=Severity.HIGH,
        title=Title("Known indicator {0} seen ({1})", ("threat.indicator.value", "threat.indicator.feed")),
    )


def _rule(
    identifier: str,
    kind: RuleKind,
    *,
    name: str,
    description: str,
    node: Node,
    text: str,
    severity: int = Severity.MEDIUM,
    title: Title | None = None,
) -> WatchRule:
    return WatchRule(
        id=identifier,
        name=name,
        kind=kind,
        version=version_of(text),
        severity=int(severity),
        node=node,
        matches=compile_predicate(node),
        location=Location("built in"),
        text=text,
        description=description,
        title=title,
    )
