"""Channels, routes and messages as the API shows them: never a secret."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from tocsin.api.run_views import instant
from tocsin.notify.channels import Channel
from tocsin.notify.kinds import Kind
from tocsin.notify.model import Message
from tocsin.notify.routes import Judged, Route
from tocsin.notify.tables import MessageRow


def kind_view(kind: Kind) -> dict[str, Any]:
    """Return a kind with its options."""
    return {"name": kind.name, "label": kind.label, "fields": [asdict(field) for field in kind.fields()]}


def channel_view(channel: Channel) -> dict[str, Any]:
    """Return a channel; of its secrets the names of those that are set."""
    usable = channel.options is not None
    return {
        "name": channel.name,
        "kind": channel.kind.name,
        "label": channel.kind.label,
        "options": dict(channel.shown),
        "secrets": list(channel.secrets),
        "hosts": list(channel.kind.hosts(channel.options)) if usable else [],
        "enabled": channel.enabled,
        "per_minute": channel.per_minute,
        "of_settings": channel.of_settings,
        "problem": channel.problem or None,
    }


def route_view(name: str, route: Route, *, of_settings: bool) -> dict[str, Any]:
    """Return a route."""
    document: dict[str, Any] = msgspec.to_builtins(route)
    return {"name": name, "of_settings": of_settings, **document}


def message_view(row: MessageRow) -> dict[str, Any]:
    """Return a message of the outbox without its text."""
    return {
        "id": row.id,
        "channel": row.channel,
        "status": row.status,
        "route": row.route or None,
        "event": row.event,
        "subject_id": row.subject_id or None,
        "title": row.title,
        "gathered": bool(row.gather),
        "attempts": row.attempts,
        "created_at": instant(row.created_at),
        "due_at": instant(row.due_at) if row.status == "waiting" else None,
        "sent_at": instant(row.sent_at),
        "error": row.error or None,
    }


def outbox_message_view(row: MessageRow, message: Message) -> dict[str, Any]:
    """Return a message of the outbox with its text."""
    facts = [{"label": label, "value": value} for label, value in message.facts]
    return {**message_view(row), "key": row.key, "body": message.body, "facts": facts, "link": message.link}


def judged_view(judged: Judged) -> dict[str, Any]:
    """Return what a route makes of something."""
    return {
        "route": judged.route,
        "matches": judged.matches,
        "reasons": list(judged.reasons),
        "channels": list(judged.channels),
        "due_at": instant(judged.due_at) if judged.matches else None,
    }
