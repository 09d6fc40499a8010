"""What a Beat or Logstash sent: which program it is of, and by what it is known when it comes again."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.core.clock import HOUR
from tocsin.ingest.beats.frames import Sent
from tocsin.ingest.documents import Offer

MAX_DEPTH = 64
OTHER = "other"
FILE_PLACE_HELD_US = HOUR
"""So long a line at one place of a file is that line: a Beat that was killed reads it again when it starts,
and a file that is cut and begun anew may hold the same line in the same place on another day."""
_PROGRAM = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z")
_LONGEST_NAME = 400
_COUNTED = 20_000


@dataclass(slots=True)
class Document:
    """A document of a connection; `fault` says why it is refused."""

    sent: Sent
    program: str
    offer: Offer
    fault: str = ""


class Documents:
    """Reads the documents of one connection."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._program = OTHER

    def read(self, sent: Sent) -> Document:
        """Return the document, named by what tells it from others.

        That is its `_id`, else its place in a file or an event log, else all of its content, time included;
        a content that comes several times in one connection is several documents.
        """
        if sent.fault:
            return self._faulty(sent, sent.fault)
        try:
            document = orjson.loads(sent.raw)
        except orjson.JSONDecodeError as error:
            return self._faulty(sent, f"document is no JSON object: {error}")
        if not isinstance(document, dict):
            return self._faulty(sent, "document is no JSON object")
        if _is_too_deep(sent.raw, document):
            return self._faulty(sent, f"document is nested deeper than {MAX_DEPTH} levels")
        self._program = program_of(document)
        return Document(sent, self._program, self._offer(sent.raw, document))

    def _faulty(self, sent: Sent, fault: str) -> Document:
        """Return a refused document, as one of the program that sent before it."""
        return Document(sent, self._program, Offer(sent.raw), fault)

    def _offer(self, raw: bytes, document: Mapping[str, Any]) -> Offer:
        given = _inner(document, "@metadata").get("_id")
        if isinstance(given, str | int) and given != "":
            name = f"id:{given}"
            if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
                name = f"id-digest:{_digest(name)}"
            return Offer(raw, name)
        place = _place(document)
        if place is not None:
            held_us, parts = place
            return Offer(raw, f"place:{_digest(parts)}", is_content=True, held_us=held_us)
        return Offer(raw, self._numbered(_digest(_without_metadata(document))), is_content=True)

    def _numbered(self, digest: str) -> str:
        times = self._seen.pop(digest, 0)
        self._seen[digest] = times + 1
        if len(self._seen) > _COUNTED:
            self._seen.popitem(last=False)
        return f"content:{digest}:{times}"


def program_of(document: Mapping[str, Any]) -> str:
    """Return the program that made a document, such as `filebeat`; `other` for a name that can be none."""
    named = _inner(document, "@metadata").get("beat") or _inner(document, "agent").get("type")
    if named is None:
        return "logstash" if "@version" in document else "lumberjack"
    return named if isinstance(named, str) and _PROGRAM.match(named) else OTHER


def _place(document: Mapping[str, Any]) -> tuple[int | None, list[Any]] | None:
    """Return what tells a line of a file or a Windows event from all others, and for how long."""
    agent = _inner(document, "agent")
    who = [agent.get("id") or agent.get("name"), _inner(document, "host").get("name")]
    log = _inner(document, "log")
    file, offset = _inner(log, "file"), log.get("offset")
    if isinstance(offset, int) and file.get("path"):
        where = [file.get(name) for name in ("path", "device_id", "inode", "fingerprint", "idxlo", "idxhi")]
        return FILE_PLACE_HELD_US, [*who, *where, offset, document.get("message")]
    windows = _inner(document, "winlog")
    if windows.get("record_id") and windows.get("channel"):
        where = [windows.get(name) for name in ("computer_name", "channel", "record_id")]
        return None, [*who, *where, document.get("@timestamp")]
    return None


def _inner(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _without_metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "@metadata"}


def _digest(content: Any) -> str:
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(canonical, digest_size=16).hexdigest()


def _is_too_deep(raw: bytes, document: Mapping[str, Any]) -> bool:
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _containers(value)]
        if not level:
            return False
    return True


def _containers(value: Any) -> Iterator[Any]:
    inside = value.values() if isinstance(value, dict) else value
    return (inner for inner in inside if isinstance(inner, dict | list))
