"""Turn the matches of one batch of events into detections, one per rule and group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.core.detection import Detection, EventRef
from tocsin.core.event import Event, Value
from tocsin.core.severity import severity_of_level
from tocsin.detect.explain import Explanation
from tocsin.detect.rule import WatchRule, group_of, text_of, title_of
from tocsin.detect.tally import Tally
from tocsin.detect.window import Seen, WindowState

MAX_LINE = 1_000
"""Of an event's text, in an alert's description."""

MAX_LABELS = 50


@dataclass(slots=True)
class _Gathered:
    """Matches of one rule and group within a batch."""

    rule: WatchRule
    group: tuple[str, str]
    event: Event
    """The newest event that matched: the alert is worded after it."""
    events: dict[str, int] = field(default_factory=dict)


class Matches:
    """Collects matches in event order and yields the detections at the end."""

    def __init__(self, state: WindowState, explanations: dict[str, Explanation]) -> None:
        self._state = state
        self._explanations = explanations
        self._gathered: dict[tuple[str, str], _Gathered] = {}
        self.tallies: dict[str, Tally] = {}

    def add(self, rule: WatchRule, event: Event) -> None:
        """Count an event that satisfies the rule's condition."""
        for rule_as_meant, group in variants(rule, event):
            self._count(rule_as_meant, group, event)

    def _count(self, rule: WatchRule, group: tuple[str, str], event: Event) -> None:
        matched = self._state.count(rule, group[1], (event.at, event.id))
        if matched is None:
            return
        tally = self.tallies.setdefault(rule.id, Tally())
        newest = matched[-1][0]
        if self._state.silent(rule, group[1], newest):
            tally.silenced += 1
            return
        tally.match(newest)
        self._gather(rule, group, event, matched)

    def _gather(self, rule: WatchRule, group: tuple[str, str], event: Event, matched: list[Seen]) -> None:
        key = (rule_id_of(rule, event), group[1])
        gathered = self._gathered.get(key)
        if gathered is None:
            gathered = self._gathered[key] = _Gathered(rule, group, event)
        if event.at >= gathered.event.at:
            gathered.event = event
        gathered.events.update({identifier: at for at, identifier in matched})

    def detections(self) -> list[Detection]:
        """Return one detection per rule and group, in the order of their first match."""
        return [self._detection(gathered) for gathered in self._gathered.values()]

    def _detection(self, gathered: _Gathered) -> Detection:
        rule, event = gathered.rule, gathered.event
        explanation = self._explanations[rule.id]
        field_name, key = gathered.group
        events = references(gathered.events)
        return Detection(
            rule_id=rule_id_of(rule, event),
            rule_name=rule_name_of(rule, event),
            rule_kind=rule.kind,
            rule_version=rule.version,
            severity=severity_of(rule, event),
            group_key=key,
            group_field=field_name,
            title=alert_title(rule, event),
            description=description_of(rule, event),
            at=events[-1].at,
            events=events,
            clauses=explanation.clauses(event),
            tags=labels(rule.tags, event.fields.get("rule.groups")),
            techniques=labels(rule.techniques, event.fields.get("threat.technique.id")),
        )


def references(events: Mapping[str, int]) -> tuple[EventRef, ...]:
    """Return events, given as identifiers and times, in the order of time."""
    ordered = sorted((at, identifier) for identifier, at in events.items())
    return tuple(EventRef(identifier, at) for at, identifier in ordered)


def labels(own: tuple[str, ...], value: Value | None) -> tuple[str, ...]:
    """Return a rule's own labels and those its event holds in a field, each once."""
    found = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(dict.fromkeys([*own, *(str(label) for label in found)]))[:MAX_LABELS]


def variants(rule: WatchRule, event: Event) -> list[tuple[WatchRule, tuple[str, str]]]:
    """Return the groups a match belongs to: several for an event that names several indicators."""
    if rule.kind != "indicator":
        return [(rule, group_of(rule, event))]
    name = "threat.indicator.value"
    value = event.fields.get(name) or event.fields.get("threat.indicator.id", "")
    values = value if isinstance(value, list) else [value]
    return [(rule, (name, text_of(each)[:512])) for each in dict.fromkeys(values)]


def rule_id_of(rule: WatchRule, event: Event) -> str:
    """Return the rule an alert names: for `level`, the analysis rule that gave the event its level."""
    if rule.kind != "level":
        return rule.id
    return text_of(event.fields.get("rule.id")) or rule.id


def rule_name_of(rule: WatchRule, event: Event) -> str:
    """Return the name that goes with `rule_id_of`."""
    if rule.kind != "level":
        return rule.name
    return text_of(event.fields.get("rule.description")) or rule.name


def alert_title(rule: WatchRule, event: Event) -> str:
    """Return the alert's title, which for `level` is the analysis rule's description."""
    return rule_name_of(rule, event)[:300] if rule.kind == "level" else title_of(rule, event)


def description_of(rule: WatchRule, event: Event) -> str:
    """Return what the alert is about: for `level` the rule, level and line, else the rule's own."""
    if rule.kind != "level":
        return rule.description
    level = event.fields.get("rule.level")
    return f"Analysis rule {rule_id_of(rule, event)} gave this level {level}.\n\n{event.message[:MAX_LINE]}"


def severity_of(rule: WatchRule, event: Event) -> int:
    """Return the severity: for `level` that of the event's level, else the rule's own."""
    from_level = event.fields.get("rule.level")
    if rule.kind != "level" or not isinstance(from_level, int):
        return rule.severity
    return int(severity_of_level(from_level))
