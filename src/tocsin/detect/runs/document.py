"""An event as the document a rule sees: nested, with its time as text and compound keys filled in."""

from __future__ import annotations

from tocsin.core.event import Event, nested
from tocsin.core.fields import canonical
from tocsin.detect.kinds.document import Document, Hit, compound, lookup, timestamp
from tocsin.detect.rule import Watch

INDEX = "tocsin"
"""What `_index` of a match says."""


class Documents:
    """Events as documents: made once for all rules that one event after the other is handed to."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._time_field = ""
        self._hit = Hit(0, "", {})

    def hit(self, watch: Watch, event: Event) -> Hit:
        """Return an event as the log of a rule holds it: to be read only, since rules share it."""
        time_field = watch.kind.timestamp_field
        if event is not self._event or time_field != self._time_field:
            self._event, self._time_field = event, time_field
            self._hit = Hit(event.at, event.id, document_of(event, time_field))
        hit = self._hit
        return hit if watch.takes_whole else Hit(hit.at, hit.id, prepared(watch, hit.fields.copy()))


def document_of(event: Event, time_field: str) -> Document:
    """Return the nested document of an event, with its time under the name a rule has for it."""
    document = nested(event)
    document[time_field] = timestamp(event.at)
    document.setdefault("message", event.message)
    document["_id"] = event.id
    document["_index"] = INDEX
    return document


def hit_of(watch: Watch, event: Event) -> Hit:
    """Return an event as the log of a rule holds it."""
    return Documents().hit(watch, event)


def prepared(watch: Watch, document: Document) -> Document:
    """Fill in the fields that hold the values of compound keys, and leave only what the rule includes."""
    for names in (watch.kind.key_fields, watch.poll.aggregation_fields):
        if len(names) > 1:
            document[",".join(names)] = compound(document, names)
    return _included(watch, document) if watch.include and "*" not in watch.include else document


def _included(watch: Watch, document: Document) -> Document:
    kind = watch.kind
    metric = (kind.metric.field,) if kind.metric else ()
    needed = {
        kind.timestamp_field,
        "_id",
        "_index",
        kind.query_key,
        *kind.keys,
        *kind.compare_fields,
        *metric,
    }
    needed |= {kind.cardinality_field, kind.field_value, *watch.poll.top_fields, *watch.include}
    needed |= {*watch.poll.aggregation_fields, ",".join(watch.poll.aggregation_fields)}
    for name in kind.fields:
        needed |= {name} if isinstance(name, str) else set(name)
    kept: Document = {}
    for name in sorted(needed - {""}):
        value = lookup(document, name)
        if value is not None:
            _place(kept, name if name in document else canonical(name), value, name in document)
    return kept


def _place(document: Document, name: str, value: object, whole: bool) -> None:
    """Put a value where the document had it: under its whole name, or nested."""
    if whole:
        document[name] = value
        return
    *path, last = name.split(".")
    for part in path:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        document = inner
    document[last] = value
