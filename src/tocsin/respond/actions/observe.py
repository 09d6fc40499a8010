"""Actions that find facts: observables of the alert's events, counts in the log, related alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Node, OneOf
from tocsin.respond.action import Action, Context, Result
from tocsin.respond.relatives import keep_traits, relatives, traits_of
from tocsin.respond.span import span

FIELDS = (
    "source.ip",
    "destination.ip",
    "user.name",
    "host.name",
    "host.hostname",
    "event.action",
    "event.outcome",
    "rule.id",
    "rule.groups",
    "rule.level",
    "url.original",
    "http.response.status_code",
    "file.path",
    "process.name",
    "threat.indicator.value",
    "threat.indicator.feed",
)
"""Fields whose values become facts under `event.` and their name; `event.action` stays one word."""

MAX_VALUES = 20

INTERNAL = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Networks nobody outside can send from (RFC 1918, 6598, 1122, 3927, 4193, 4291)."""


class ExtractArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`events`: how many of the alert's events are read; `limit`: how many observables are kept."""

    events: int = 200
    limit: int = 50


def _gather_observables(context: Context, arguments: ExtractArguments) -> dict[str, Any]:
    parts = context.parts
    with parts.database.read() as tx:
        page = parts.alerts.events(tx, context.alert_id, limit=arguments.events)
        identifiers = [reference.event_id for reference in page.items]
    events = list(parts.log.get(identifiers))
    found: dict[tuple[str, str], None] = {}
    own: set[str] = set()
    for event in events:
        for observable in parts.extractor.observables_of(event):
            found.setdefault((str(observable.kind), observable.value))
            if observable.is_private:
                own.add(observable.value)
    kept = list(found)[: arguments.limit]
    return {"events": events, "observables": kept, "found": len(found), "own": own}


def _keep_observables(tx: Session, context: Context, _: ExtractArguments, gathered: Any) -> Result:
    observables: list[tuple[str, str]] = gathered["observables"]
    drafts = [(kind, value, "", ()) for kind, value in observables]
    context.parts.alerts.add_observables(tx, context.alert_id, drafts, context.actor)
    keep_traits(tx, context.alert_id, traits_of(gathered["events"]))
    by_kind: dict[str, list[str]] = {}
    for kind, value in observables:
        by_kind.setdefault(kind, []).append(value)
    facts: dict[str, Any] = {f"observables.{kind}": values for kind, values in by_kind.items()}
    facts["observables.count"] = len(observables)
    facts.update(_field_facts(gathered["events"], gathered["own"]))
    output = {"events": len(gathered["events"]), "observables": len(observables), "found": gathered["found"]}
    return Result(output, facts)


def _field_facts(events: Sequence[Event], own: Collection[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in FIELDS:
        values: dict[Any, None] = {}
        for event in events:
            value = event.fields.get(name)
            values.update(dict.fromkeys(value if isinstance(value, list) else [value]))
        values.pop(None, None)
        if values:
            facts[f"event.{name.removeprefix('event.')}"] = list(values)[:MAX_VALUES]
    addresses = facts.get("event.source.ip", [])
    facts["source.external"] = [
        address for address in addresses if is_external(str(address)) and address not in own
    ]
    return facts


def is_external(address: str) -> bool:
    """Say whether an address can only be somebody else's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not any(parsed in network for network in INTERNAL if network.version == parsed.version)


class CountArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts events from `before` the alert's first event to `after` its last.

    `same` names a field whose values in the alert's events the counted events must share.
    """

    name: str
    query: str
    same: str = ""
    before: str = "1h"
    after: str = "1h"

    def __post_init__(self) -> None:
        """Refuse arguments that no run could use."""
        parse_lucene(self.query)
        span(self.before)
        span(self.after)
        if self.same and self.same not in FIELDS:
            raise ValueError(f"same: {self.same!r} is not one of {', '.join(FIELDS)}")


def _gather_count(context: Context, arguments: CountArguments) -> int | None:
    query: Node = parse_lucene(arguments.query)
    if arguments.same:
        values = context.facts.get(f"event.{arguments.same.removeprefix('event.')}", [])
        if not values:
            return None
        query = And((query, OneOf(arguments.same, tuple(values))))
    first, last = context.facts.get("alert.first_at"), context.facts.get("alert.last_at")
    if not isinstance(first, int) or not isinstance(last, int):
        raise InvalidError("action 'count' needs an alert with events")
    return context.parts.count_events(query, first - span(arguments.before), last + span(arguments.after) + 1)


def _keep_count(_tx: Session, _context: Context, arguments: CountArguments, found: int | None) -> Result:
    if found is None:
        return Result({"count": None, "why": f"no event of the alert has {arguments.same}"})
    return Result({"count": found}, {f"count.{arguments.name}": found})


class RelatedArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts that share a value of `fields` within the span; values in `ignore` relate nothing."""

    name: str = "related"
    fields: tuple[str, ...] = ("source.ip", "host.name")
    within: str = "24h"
    ignore: tuple[str, ...] = ()
    limit: int = 50

    def __post_init__(self) -> None:
        """Refuse arguments that no run could use."""
        span(self.within)


def _find_related(tx: Session, context: Context, arguments: RelatedArguments, _: Any) -> Result:
    parts = context.parts
    found = relatives(
        tx,
        parts.alerts,
        context.alert_id,
        fields=arguments.fields,
        since=_reference(context) - span(arguments.within),
        ignore=arguments.ignore,
        limit=arguments.limit,
    )
    cases = dict.fromkeys(alert.case_id for alert in found if alert.case_id)
    known = [parts.cases.get(tx, case_id) for case_id in cases if case_id]
    open_ones = [case for case in known if case.status != "closed"][:MAX_VALUES]
    open_cases = [case.id for case in open_ones]
    ids = [alert.id for alert in found][:MAX_VALUES]
    facts = {
        "count": len(found),
        "alerts": ids,
        "rules": list(dict.fromkeys(alert.rule_id for alert in found))[:MAX_VALUES],
        "severity": max((alert.severity for alert in found), default=None),
        "cases": open_cases,
        "case_numbers": [case.number for case in open_ones],
    }
    named = {f"{arguments.name}.{key}": value for key, value in facts.items() if value not in (None, [])}
    return Result({"alerts": ids, "cases": open_cases}, named)


def _reference(context: Context) -> int:
    """The alert's own time, so that history replayed gives the same relatives as the day itself."""
    last = context.facts.get("alert.last_at")
    return last if isinstance(last, int) else context.now


EXTRACT = Action("extract_observables", ExtractArguments, _keep_observables, _gather_observables)
COUNT = Action("count", CountArguments, _keep_count, _gather_count)
RELATED = Action("related", RelatedArguments, _find_related)
