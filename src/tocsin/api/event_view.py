"""An event as the API shows it."""

from __future__ import annotations

from typing import Any

from tocsin.core import event as events
from tocsin.core.clock import to_iso
from tocsin.core.event import Event


def event_view(event: Event, *, commit: int | None = None, nested: bool = True) -> dict[str, Any]:
    """Return the event's document: its fields flat for tables and, unless told not to, nested for reading."""
    view: dict[str, Any] = {
        "id": event.id,
        "@timestamp": to_iso(event.at),
        "received_at": to_iso(event.received_at),
        "message": event.message,
        "source": event.source,
        "sequence": event.seq,
        "fields": event.fields,
    }
    if nested:
        view["document"] = events.nested(event)
    if commit is not None:
        view["commit"] = commit
    return view
