"""An event as the document a rule sees: nested, with its time as text and compound keys filled in."""

from __future__ import annotations

from tocsin.core.event import Event, nested
from tocsin.core.fields import canonical
from tocsin.detect.kinds.document import Document, Hit, compound, lookup, timestamp
from tocsin.detect.rule import Watch

INDEX = "tocsin"
"""What `_index` of a match says."""


class Documents:
    """Events as nested documents: made once for all rules that one event after the other is handed to."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._document: Document = {}

    def of(self, event: Event) -> Document:
        """Return a document to add to at its top; what is below is shared and must stay as it is."""
        if event is not self._event:
            self._event, self._document = event, nested(event)
        return self._document.copy()


def hit_of(watch: Watch, event: Event, fields: Document | None = None) -> Hit:
    """Return an event as the log of a rule holds it; `fields` is its nested document, which is added to."""
    fields = nested(event) if fields is None else fields
    fields[watch.kind.timestamp_field] = timestamp(event.at)
    fields.setdefault("message", event.message)
    fields["_id"] = event.id
    fields["_index"] = INDEX
    return Hit(event.at, event.id, prepared(watch, fields))


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
