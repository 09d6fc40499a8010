"""An event as the document a rule sees: nested, with its time as text and compound keys filled in."""

from __future__ import annotations

from tocsin.core.event import Event, nested
from tocsin.detect.kinds.document import Document, Hit, compound, timestamp
from tocsin.detect.rule import Watch

INDEX = "tocsin"
"""What `_index` of a match says."""


def hit_of(watch: Watch, event: Event) -> Hit:
    """Return an event as the log of a rule holds it."""
    fields = nested(event)
    fields[watch.kind.timestamp_field] = timestamp(event.at)
    fields.setdefault("message", event.message)
    fields["_id"] = event.id
    fields["_index"] = INDEX
    return Hit(event.at, event.id, prepared(watch, fields))


def prepared(watch: Watch, document: Document) -> Document:
    """Fill in the fields that hold the values of compound keys."""
    for names in (watch.kind.key_fields, watch.poll.aggregation_fields):
        if len(names) > 1:
            document[",".join(names)] = compound(document, names)
    return document
