"""An event as the API shows it."""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import to_iso
from tocsin.core.event import Event, nested


def event_view(event: Event, *, commit: int | None = None) -> dict[str, Any]:
    """Return the event's document: its fields flat for tables, nested for reading."""
    view: dict[str, Any] = {
        "id": event.id,
        "@timestamp": to_iso(event.at),
        "received_at": to_iso(event.received_at),
        "message": event.message,
        "source": event.source,
        "sequence": event.seq,
        "fields": event.fields,
        "document": nested(event),
    }
    if commit is not None:
        view["commit"] = commit
    return view
