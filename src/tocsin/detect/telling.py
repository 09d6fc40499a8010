"""Turn what a rule told into detections: worded, grouped, with the events they rest on."""

from __future__ import annotations

import msgspec

from tocsin.core.detection import Detection, RuleNotice, Service
from tocsin.core.event import Event
from tocsin.detect.explain import Explanation
from tocsin.detect.kinds import Hit, Match
from tocsin.detect.kinds.document import minute
from tocsin.detect.kinds.figures import event_of
from tocsin.detect.kinds.settings import TIME, minute_of
from tocsin.detect.match import labels, references
from tocsin.detect.rule import MAX_KEY, Watch, WatchRule, title_of
from tocsin.detect.runs.fold import Telling
from tocsin.detect.wording import body, title
from tocsin.detect.wording.text import plainly

MAX_DESCRIPTION = 64 * 1024
MAX_DOCUMENTS = 200
"""Of a telling that are handed to services; texts and tables are made of all."""


def detection_of(rule: WatchRule, watch: Watch, telling: Telling, explanation: Explanation) -> Detection:
    """Return a telling as a detection; one without events rests on what did not happen."""
    telling = Telling(telling.position, dressed(watch, telling.matches), telling.key)
    newest = max(telling.matches, key=lambda match: match.at)
    event = event_of(Hit(newest.at, "", newest.fields))
    events = {identifier: at for match in telling.matches for at, identifier in match.events}
    return Detection(
        rule_id=rule.id,
        rule_name=rule.name,
        rule_kind=rule.kind,
        rule_version=rule.version,
        severity=rule.severity,
        group_key=_group(watch, telling),
        group_field=_group_field(watch),
        title=_title(rule, watch, telling, event),
        description=_description(rule, watch, telling),
        at=newest.at,
        events=references(events),
        clauses=explanation.clauses(event) if events else (),
        tags=labels(rule.tags, event.fields.get("rule.groups")),
        techniques=labels(rule.techniques, event.fields.get("threat.technique.id")),
    )


def notice_of(rule: WatchRule, watch: Watch, telling: Telling, alert_id: str) -> RuleNotice:
    """Return a telling in the rule's own words, for the services the rule names."""
    matches = dressed(watch, telling.matches)
    at, identifier = telling.position
    return RuleNotice(
        rule_id=rule.id,
        rule_name=rule.name,
        key=f"{rule.id}:{rule.version}:{at}:{identifier}:{telling.key}",
        alert_id=alert_id,
        severity=rule.severity,
        title=title(watch.wording, matches) or rule.name,
        body=body(watch.wording, watch.kind, matches)[:MAX_DESCRIPTION],
        at=max(match.at for match in matches),
        documents=tuple(match.fields for match in matches[:MAX_DOCUMENTS]),
        services=services(watch),
    )


def services(watch: Watch) -> tuple[Service, ...]:
    """Return the services a rule tells by itself; our own alerts and records are not among them."""
    return tuple(
        Service(each.service, each.settings) for each in watch.notify if each.means in {"message", "ticket"}
    )


def dressed(watch: Watch, matches: list[Match]) -> list[Match]:
    """Return matches as the rule wants them worded: with options of its own, with times for people."""
    matches = [_with_options(watch, match, number) for number, match in enumerate(matches)]
    return [_readable(watch, match) for match in matches] if watch.poll.readable_times else matches


def _readable(watch: Watch, match: Match) -> Match:
    name = TIME if TIME in match.fields else watch.kind.timestamp_field
    at = minute_of(match.at) if watch.poll.loses_seconds else match.at
    return msgspec.structs.replace(match, at=at, fields={**match.fields, name: minute(match.at)})


def _with_options(watch: Watch, match: Match, number: int) -> Match:
    if not watch.told_options or (watch.told_once and number):
        return match
    return msgspec.structs.replace(match, fields={**match.fields, **watch.told_options})


def withdrawn(rule: WatchRule, watch: Watch, telling: Telling) -> Detection:
    """Return what a late event took back: the rule, the group and the events, without words."""
    events = {identifier: at for match in telling.matches for at, identifier in match.events}
    return Detection(
        rule_id=rule.id,
        rule_name=rule.name,
        rule_kind=rule.kind,
        rule_version=rule.version,
        severity=rule.severity,
        group_key=_group(watch, telling),
        group_field=_group_field(watch),
        title="",
        description="",
        at=max(match.at for match in telling.matches),
        events=references(events),
    )


def _group_field(watch: Watch) -> str:
    return watch.kind.query_key or ",".join(watch.poll.aggregation_fields)


def _group(watch: Watch, telling: Telling) -> str:
    """Return the key the alert groups by; a missing value of a rule with a key reads `None`."""
    if not _group_field(watch):
        return ""
    return ("None" if telling.key is None else telling.key)[:MAX_KEY]


def _title(rule: WatchRule, watch: Watch, telling: Telling, event: Event) -> str:
    if rule.title is not None:
        return title_of(rule, event)
    return title(watch.wording, telling.matches)[:300] or rule.name


def _description(rule: WatchRule, watch: Watch, telling: Telling) -> str:
    """Return the rule's own description and what it says of the matches, without a list of all fields."""
    words = body(plainly(watch.wording), watch.kind, telling.matches).strip()
    parts = [part for part in (rule.description, words) if part]
    return "\n\n".join(parts)[:MAX_DESCRIPTION]
