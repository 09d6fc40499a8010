"""An event as a document, and back. The truth is `fields`; everything under `tocsin` is made from it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tocsin.core.clock import to_iso
from tocsin.core.event import Event
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.opensearch_terms import (
    FOLDED_HEAD,
    LONGEST_MESSAGE,
    column,
    encoded,
    has_dotted,
    is_long,
    key_terms,
    term,
    terms_of,
    word_tokens,
)
from tocsin.query.values import date_key, fold, number_key, texts_of
from tocsin.store.storable import encodable, storable

_LONGEST_ID = 500
_LONGEST_NAME = 300
_MOST_FIELDS = 1_000
NEVER_REFUSED = ("at", "received_at", "source", "seq", "commit", "raw")
"""What every document holds of its event itself, besides `message` and `fields`."""
_PROPERTIES = frozenset({TIMESTAMP, EVENT_ID, MESSAGE, "event.source", "event.sequence"})

Document = dict[str, Any]


def document_id(event_id: str) -> str:
    """Return the document's identifier: the event's own, or its digest when that is too long."""
    if len(event_id.encode("utf-8", "replace")) <= _LONGEST_ID:
        return encodable(event_id)
    return "~" + hashlib.sha256(event_id.encode("utf-8", "replace")).hexdigest()


def to_document(commit: int, event: Event) -> Document:
    """Return the document of an event."""
    fields = storable(event.fields)
    message = encodable(event.message)
    document = _kept(commit, event, message, fields)
    document["tocsin"] |= _Keys(message, event.source, fields).written()
    return document if len(fields) <= _MOST_FIELDS else rejected(document, f"more than {_MOST_FIELDS} fields")


def rejected(document: Document, reason: str) -> Document:
    """Return the document without anything a server can refuse; it is found by looking at it."""
    own = document["tocsin"]
    kept = {name: own[name] for name in NEVER_REFUSED if name in own}
    kept["names"] = own.get("names", [])[:_MOST_FIELDS]
    return document | {"tocsin": kept | {"unsure": ["*"], "rejected": reason[:1_000]}}


def to_event(found: Document) -> Event:
    """Return the event of a document's `_source`."""
    own = found["tocsin"]
    raw = own.get("raw")
    return Event(
        own["source"],
        own["seq"],
        own["at"],
        own["received_at"],
        found["message"],
        found.get("fields") or {},
        None if raw is None else base64.b64decode(raw),
    )


def _kept(commit: int, event: Event, message: str, fields: dict[str, Any]) -> Document:
    own: Document = {
        "at": event.at,
        "received_at": event.received_at,
        "source": event.source,
        "seq": event.seq,
        "commit": commit,
    }
    if event.raw is not None:
        own["raw"] = base64.b64encode(event.raw).decode()
    return {TIMESTAMP: to_iso(event.at), "message": message, "fields": fields, "tocsin": own}


class _Keys:
    """Everything an event is found by."""

    def __init__(self, message: str, source: str, fields: dict[str, Any]) -> None:
        self.terms: set[str] = set(terms_of("event.source", source))
        self.names: list[str] = []
        self.words: list[str] = []
        self.texts: dict[str, Any] = {}
        self.numbers: dict[str, Any] = {}
        self.repeats: dict[str, int] = {}
        self.unsure: set[str] = set()
        self._message(message)
        for name, value in fields.items():
            if name not in _PROPERTIES:
                self._field(name, value)

    def written(self) -> Document:
        """Return the parts of the document that are searched and counted by."""
        parts = {
            "terms": sorted(self.terms),
            "names": self.names,
            "words": self.words,
            "folded": self.folded,
            "v": self.texts,
            "n": self.numbers,
            "r": self.repeats,
            "unsure": sorted(self.unsure),
        }
        return {name: part for name, part in parts.items() if part or name == "folded"}

    def _message(self, message: str) -> None:
        self.words.append(" ".join(word_tokens(message)))
        self.terms.update(key_terms(MESSAGE, message))
        if has_dotted(message):
            self.terms.add(term(MESSAGE, "T", ""))
        self.folded: str | None = FOLDED_HEAD + fold(message)
        if is_long(message, LONGEST_MESSAGE):
            self.folded = None
            self.unsure.add(MESSAGE)

    def _field(self, name: str, value: Any) -> None:
        texts = texts_of(value)
        if len(name) > _LONGEST_NAME:
            self.unsure.add("*")
            return
        self.names.append(f"{encoded(name)}={_mark(value)}")
        if any(is_long(text) for text in texts):
            self.unsure.add(name)
            texts = [text for text in texts if not is_long(text)]
        for text in texts:
            self.terms.update(terms_of(name, text))
        if field_type(name) == "text":
            self.words += [" ".join(word_tokens(text, name)) for text in texts]
        self.texts[column(name)] = texts
        if len(texts) > 1 and len(set(texts)) < len(texts):
            self.repeats[column(name)] = len(texts) - len(set(texts))
        numbers = _numbers(name, texts)
        if numbers:
            self.numbers[column(name)] = numbers


def _numbers(name: str, texts: list[str]) -> list[float]:
    key_of = date_key if field_type(name) == "date" else number_key
    return [float(key) for text in texts if (key := key_of(text)) is not None]


def _mark(value: Any) -> str:
    if isinstance(value, list):
        value = value[0]
    kinds = ((bool, "b"), (int, "l"), (float, "f"))
    return next((mark for kind, mark in kinds if isinstance(value, kind)), "k")
