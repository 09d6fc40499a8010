"""Webhooks of anybody: JSON, signed, with a key to tell repeats by. And GELF, Graylog's format, by HTTP."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from tocsin.core.clock import SECOND, to_iso
from tocsin.notify.kinds.base import Kind, Means, host_of
from tocsin.notify.kinds.options import URLOptions
from tocsin.notify.model import Message

SIGNATURE = "X-Tocsin-Signature"
KEY = "X-Tocsin-Key"
_SYSLOG = {1: 5, 2: 4, 3: 3, 4: 2}


class Webhook(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address that takes JSON."""

    secret: Annotated[str, msgspec.Meta(description="Signs each message; the other side checks it.")] = ""
    headers: Annotated[
        dict[str, str], msgspec.Meta(description="Further headers, such as Authorization.")
    ] = msgspec.field(default_factory=dict)
    method: Literal["POST", "PUT"] = "POST"
    content: Annotated[
        Literal["message", "documents"],
        msgspec.Meta(description="message: one document that says everything; documents: each match alone."),
    ] = "message"

    def __post_init__(self) -> None:
        """Refuse headers that would end early or bring others."""
        super().__post_init__()
        for name, value in self.headers.items():
            if not name.replace("-", "").isalnum() or not value.isprintable() or not value.isascii():
                raise ValueError(f"{name!r} is no header with a plain value")


def _send_webhook(options: Webhook, message: Message, means: Means) -> None:
    plain = options.content == "documents" and message.documents
    documents: Sequence[Any] = message.documents if plain else (envelope(message),)
    for number, document in enumerate(documents):
        body = msgspec.json.encode(document)
        key = f"{message.key}:{number}" if number else message.key
        headers = {"Content-Type": "application/json", KEY: _header(key), **options.headers}
        if options.secret:
            headers[SIGNATURE] = signature(options.secret, body, int(time.time()))
        means.http.send(options.url, body, headers=headers, method=options.method)


def envelope(message: Message) -> dict[str, Any]:
    """Return the message as the document webhooks get; new members may come, none goes."""
    return {
        "version": 1,
        "key": message.key,
        "group": message.incident,
        "event": message.event,
        "title": message.title,
        "body": message.body,
        "severity": message.severity,
        "at": to_iso(message.at) if message.at else None,
        "over": message.is_over,
        "subject": {"type": message.subject_type, "id": message.subject_id},
        "link": message.link,
        "facts": dict(message.facts),
        "documents": list(message.documents),
    }


def signature(secret: str, body: bytes, at_s: int) -> str:
    """Return the header that proves who sent a body and when: HMAC-SHA256 of `seconds.body`, in hex."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def _header(text: str) -> str:
    return "".join(char if char.isascii() and char.isprintable() else "_" for char in text)[:500]


class GELF(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A GELF input by HTTP."""

    host: Annotated[str, msgspec.Meta(max_length=200, description="Name of the sender.")] = "tocsin"


def _send_gelf(options: GELF, message: Message, means: Means) -> None:
    document: dict[str, Any] = {
        "version": "1.1",
        "host": options.host,
        "short_message": message.title,
        "full_message": message.body,
        "level": _SYSLOG.get(message.severity, 4),
        "_key": message.key,
        "_event": message.event,
    }
    if message.at:
        document["timestamp"] = message.at / SECOND
    for label, value in message.facts:
        document[f"_{_gelf_name(label)}"] = value
    means.http.post_json(options.url, document)


def _gelf_name(label: str) -> str:
    name = "".join(char if char.isalnum() or char in "_-." else "_" for char in label.lower())
    return f"{name}_" if name == "id" else name


HOOKS: Sequence[Kind] = (
    Kind(
        "webhook",
        "Webhook",
        Webhook,
        frozenset({"secret", "headers", "url"}),
        _send_webhook,
        lambda options: host_of(options.url),
    ),
    Kind("gelf", "GELF", GELF, frozenset(), _send_gelf, lambda options: host_of(options.url)),
)
"""An address and headers of strangers often hold a key: they count as secret."""
