"""An event as a hit: its `_source`, filtered, and its `fields`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from tocsin.api.elastic.form import ElasticError
from tocsin.api.elastic.views import View, index_of
from tocsin.api.services import Services
from tocsin.api.wazuh_view import alert_documents
from tocsin.core.clock import to_iso
from tocsin.core.event import Event, nested
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, canonical
from tocsin.query.date_formats import format_date
from tocsin.query.renaming import Rename
from tocsin.query.values import date_key, text_of

_MOST_PATTERNS = 500
Wanted = tuple[tuple[str, str], ...]
"""Fields to be shown with a hit: each a name, perhaps with `*`, and the format of its dates."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which part of a document is shown; patterns are dotted paths that may hold `*`."""

    shown: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


def read_chosen(source: Any, params: Mapping[str, str]) -> Chosen:
    """Return what `_source` of a body, and its parameters of the address, choose."""
    given = params.get("_source", source)
    includes = _listed(params.get("_source_includes", params.get("_source_include")))
    excludes = _listed(params.get("_source_excludes", params.get("_source_exclude")))
    if isinstance(given, bool) or (isinstance(given, str) and given in {"true", "false"}):
        return Chosen(str(given).lower() == "true", includes, excludes)
    if isinstance(given, Mapping):
        included = given.get("includes", given.get("include"))
        excluded = given.get("excludes", given.get("exclude"))
        return Chosen(True, (*_listed(included), *includes), (*_listed(excluded), *excludes))
    return Chosen(True, (*_listed(given), *includes), excludes)


def read_wanted(body: Mapping[str, Any]) -> Wanted:
    """Return the fields that `fields` and `docvalue_fields` of a body ask for."""
    return (*_fields(body.get("fields")), *_fields(body.get("docvalue_fields")))


def _fields(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > _MOST_PATTERNS:
        raise ElasticError(f"[fields] is a list of at most {_MOST_PATTERNS} names")
    found: list[tuple[str, str]] = []
    for one in given:
        if isinstance(one, str):
            found.append((one, ""))
        elif isinstance(one, Mapping) and isinstance(one.get("field"), str):
            found.append((one["field"], str(one.get("format") or "")))
        else:
            raise ElasticError("[fields] holds names, or mappings with a field and a format")
    return found


def _listed(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    found = given.split(",") if isinstance(given, str) else given
    if (
        not isinstance(found, list)
        or len(found) > _MOST_PATTERNS
        or not all(isinstance(o, str) for o in found)
    ):
        raise ElasticError("[_source] is a switch, names of fields, or includes and excludes")
    return tuple(one.strip() for one in found if one.strip())


class Showing:
    """Shows events as documents: in names of ECS; as Wazuh's alerts in its views; as sent in such a view."""

    def __init__(self, services: Services, view: View) -> None:
        self._view = view
        self._alerts = alert_documents(services) if view.wazuh else None

    def document(self, event: Event) -> dict[str, Any]:
        """Return the whole document."""
        if self._alerts is not None:
            return {TIMESTAMP: to_iso(event.at), **self._alerts.document(event)}
        if self._view.index and (sent := _sent(event)) is not None:
            return {TIMESTAMP: to_iso(event.at), **sent}
        fields = {
            **event.fields,
            TIMESTAMP: to_iso(event.at),
            MESSAGE: event.message,
            "event.source": event.source,
            "event.sequence": event.seq,
            "event.created": to_iso(event.received_at),
        }
        return nested(Event(event.source, event.seq, event.at, event.received_at, event.message, fields))

    def hit(self, event: Event, chosen: Chosen) -> dict[str, Any]:
        """Return an event as a hit."""
        hit: dict[str, Any] = {"_index": index_of(event.at, self._view), "_id": event.id, "_score": None}
        if chosen.shown:
            hit["_source"] = filtered(self.document(event), chosen)
        return hit

    def fields(self, event: Event, wanted: Wanted, rename: Rename) -> dict[str, list[Any]]:
        """Return the values of fields as lists, by the names that the view's documents have."""
        values = _values_of(event)
        prefix = "data." if self._view.index and not self._view.wazuh else ""
        found: dict[str, list[Any]] = {}
        for pattern, form in wanted:
            names = {pattern: rename(canonical(pattern))}
            if "*" in pattern:
                shown = {name.removeprefix(prefix): name for name in values if name != EVENT_ID}
                names = {name: of for name, of in shown.items() if fnmatchcase(name, pattern)}
            for name, of in names.items():
                if here := values.get(of):
                    found[name] = [_formatted(value, form) for value in here] if form else here
        return found


def _values_of(event: Event) -> dict[str, list[Any]]:
    values = {
        name: list(value) if isinstance(value, list) else [value] for name, value in event.fields.items()
    }
    own: dict[str, list[Any]] = {TIMESTAMP: [to_iso(event.at)], MESSAGE: [event.message]}
    own |= {EVENT_ID: [event.id], "event.source": [event.source], "event.sequence": [event.seq]}
    of_it = {f"data.{TIMESTAMP}", f"data.{MESSAGE}"}  # what a document says is what the event has
    kept = {name: value for name, value in values.items() if name not in of_it}
    return kept | own


def _sent(event: Event) -> dict[str, Any] | None:
    """Return the document as its client sent it; None when it is none."""
    try:
        found = msgspec.json.decode(event.raw or event.message.encode())
    except (msgspec.MsgspecError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def filtered(document: dict[str, Any], chosen: Chosen) -> dict[str, Any]:
    """Return the part of a document that is chosen."""
    if not chosen.includes and not chosen.excludes:
        return document
    return _part(document, chosen, "")


def _part(document: Mapping[str, Any], chosen: Chosen, prefix: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in document.items():
        path = f"{prefix}{name}"
        if _matches(path, chosen.excludes):
            continue
        inside = not chosen.includes or _matches(path, chosen.includes)
        if isinstance(value, Mapping):
            narrowed = Chosen(True, () if inside else chosen.includes, chosen.excludes)
            if part := _part(value, narrowed, f"{path}."):
                kept[name] = part
        elif inside:
            kept[name] = value
    return kept


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _formatted(value: Any, form: str) -> Any:
    at = date_key(text_of(value)) if isinstance(value, str | int | float) else None
    return value if at is None or isinstance(value, int | float) else format_date(at, formats=form)
