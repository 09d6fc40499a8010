"""Index names as views on the one event log.

`tocsin-*`, `logs-*`, `filebeat-*`, `_all` and `*` are every event; `wazuh-alerts-*` those that a rule of
level 3 or more spoke of, in Wazuh's names too. A date at the end of such a name
(`tocsin-2026.11.24`, `tocsin-2026.11.*`) is that day, month or year.
A name that documents were sent to by `_bulk` is what was sent to it. Names may be listed with commas,
hold `*`, be taken out by a `-` before them, and hold date math (`<tocsin-{now/d}>`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tocsin.api.elastic.form import ElasticError, no_such_index
from tocsin.core.clock import DAY, day_of, from_iso
from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_instant, parse_span
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or, Range, Wildcard
from tocsin.store.base import EventStore

WAZUH_LEVEL = 3
"""Wazuh writes an alert for rules of this level and above."""

_EVERYTHING = ("tocsin-", "logs-", "filebeat-")
_WAZUH = "wazuh-alerts-"
_WAZUH_NAME = "wazuh-alerts-4.x-"
_MOST_NAMES = 500
_LONGEST = 16_384
_DAY = re.compile(r"(?P<stem>.*?)-?(?P<year>\d{4})\.(?P<month>\d\d)\.(?P<day>\d\d)")
_NAMED = re.compile(r"(tocsin|logs|filebeat)-[a-z]")
"""A name or pattern of something that was sent to, such as `logs-system.auth-*`."""
_MONTH = re.compile(r".*?-?(?P<year>\d{4})\.((?P<month>\d\d)\.)?\*")
_DATE_MATH = re.compile(
    r"<(?P<head>[^{}<>]*)\{(?P<math>[^{}]+)(\{(?P<format>[^{}|]+)(\|[^{}]*)?\})?\}(?P<tail>[^{}<>]*)>"
)


@dataclass(frozen=True, slots=True)
class View:
    """Events under an index name: which, and how they are shown."""

    node: Node
    wazuh: bool = False
    index: str = ""
    """The name that was sent to, when that is what the view is about."""


def view_of(expression: str, store: EventStore, *, now: int, lenient: bool = False) -> View:
    """Return the view of an index expression; raises `ElasticError` when a name without `*` is unknown.

    `lenient` lets unknown names select nothing.
    """
    chosen: list[View] = []
    taken: list[Node] = []
    sent = sent_to(store)
    for name in names_in(expression, now=now):
        if name.startswith("-"):
            taken.append(_one(name[1:], sent, lenient=True).node)
        else:
            chosen.append(_one(name, sent, lenient=lenient))
    node: Node = chosen[0].node if len(chosen) == 1 else Or(tuple(view.node for view in chosen))
    if taken:
        node = And((node, *(Not(other) for other in taken)))
    single = chosen[0] if len(chosen) == 1 else None
    wazuh = bool(chosen) and all(view.wazuh for view in chosen)
    return View(node, wazuh, single.index if single else "")


def names_in(expression: str, *, now: int) -> list[str]:
    """Return the names of an expression, date math worked out; none means all."""
    if len(expression) > _LONGEST:
        raise ElasticError("the index expression is too long")
    names = [part.strip() for part in _parts(expression) if part.strip()] or ["_all"]
    if len(names) > _MOST_NAMES:
        raise ElasticError(f"more than {_MOST_NAMES} index names")
    return [_dated(name, now) if name.startswith("<") else name for name in names]


def sent_to(store: EventStore) -> frozenset[str]:
    """Return the index names that documents were sent to."""
    return frozenset(source.rpartition(":")[2] for source in store.marks() if source.startswith("bulk:"))


def listed(store: EventStore) -> list[str]:
    """Return the names events are listed under: one for each day and each name sent to."""
    days = [day.day.replace("-", ".") for day in store.days()]
    names = [f"{stem}{day}" for stem in ("tocsin-", _WAZUH_NAME) for day in days]
    return sorted({*names, *sent_to(store)})


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names a pattern of an expression stands for."""
    wanted = "*" if pattern == "_all" else pattern
    return [name for name in names if fnmatchcase(name, wanted)]


def index_of(at: int, view: View) -> str:
    """Return the index an event of a view is shown under."""
    day = day_of(at).replace("-", ".")
    return view.index or f"{_WAZUH_NAME if view.wazuh else 'tocsin-'}{day}"


def is_event_view(name: str) -> bool:
    """Say whether a name, or a pattern, is one of the views on all events."""
    return name in {"_all", "*"} or name.startswith((*_EVERYTHING, _WAZUH))


def _one(name: str, sent: frozenset[str], *, lenient: bool) -> View:
    if name in {"_all", "*", "", "tocsin*", "logs*", "filebeat*"}:
        return View(Everything())
    wazuh = name.startswith(_WAZUH) or name in {"wazuh-*", "wazuh*", "wazuh-alerts*"}
    if name in sent:
        return View(_source(name), wazuh=wazuh, index=name)
    alerts: Node = Range("rule.level", gte=WAZUH_LEVEL)
    if wazuh or (name.startswith(_EVERYTHING) and not _NAMED.match(name)):
        day = _day_in(name)
        if "*" in name or day is not None:
            parts = ([alerts] if wazuh else []) + ([day] if day is not None else [])
            return View(And(tuple(parts)) if parts else Everything(), wazuh=wazuh)
        return View(alerts, wazuh=True) if wazuh else _unknown(name, lenient=lenient)
    if "*" in name or "?" in name:
        found = matching(name, sent)
        return View(Or(tuple(_source(one) for one in found)) if found else Nothing())
    return _unknown(name, lenient=lenient)


def _unknown(name: str, *, lenient: bool) -> View:
    if name in {"tocsin-events", "logs-tocsin", "filebeat-tocsin"}:
        return View(Everything())
    if lenient:
        return View(Nothing())
    raise no_such_index(name)


def _source(index: str) -> Node:
    escaped = "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in index)
    return Wildcard("event.source", f"bulk:*:{escaped}", cased=True)


def _day_in(name: str) -> Node | None:
    """Return the condition of the day, month (`2026.11.*`) or year at the end of a name; None without one."""
    if match := _MONTH.fullmatch(name):
        unit = "M" if match["month"] else "y"
        first, end = parse_span(f"{match['year']}-{match['month'] or '01'}||/{unit}", now=0)
        return Range("@timestamp", gte=first, lt=end)
    match = _DAY.fullmatch(name)
    if match is None:
        return None
    try:
        first = from_iso(f"{match['year']}-{match['month']}-{match['day']}T00:00:00Z")
    except (ValueError, InvalidError):
        return Nothing()
    return Range("@timestamp", gte=first, lt=first + DAY)


def _parts(expression: str) -> Sequence[str]:
    """Split at commas, but not at those within date math."""
    return re.findall(r"<[^<>]*>|[^,]+", expression)


def _dated(name: str, now: int) -> str:
    match = _DATE_MATH.fullmatch(name)
    if match is None:
        raise ElasticError(f"[{name[:100]}] is no name of an index: its date math cannot be read")
    form = match["format"] or "yyyy.MM.dd"
    day = day_of(parse_instant(match["math"], now=now))
    year, month, date = day.split("-")
    for letters, value in (("yyyy", year), ("uuuu", year), ("MM", month), ("dd", date)):
        form = form.replace(letters, value)
    return f"{match['head']}{form}{match['tail']}"
