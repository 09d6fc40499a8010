"""Whatever a record of any kind holds, it becomes an event that can be stored."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import orjson
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.core.record import Kind, Record
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import Decoders
from tocsin.decode.second_stage import SecondStage
from tocsin.rules.alert_document import AlertDocuments

NOW = from_iso("2026-11-24T12:00:00Z")
KINDS = st.sampled_from(get_args(Kind))
WORDS = st.sampled_from(
    [
        *("type", "event", "data", "path", "added", "modified", "deleted", "attributes", "old_attributes"),
        *("fim", "port", "process", "inventory", "agent", "action", "hidden", "ports", "started", "old"),
        *("check", "summary", "result", "passed", "policy_id", "compliance", "dbsync_ports", "operation"),
        *("Event", "Message", "System", "EventData", "Data", "#text", "#attributes", "Name", "mtime", "perm"),
        *("win", "audit", "tags", "hard_links", "changed_attributes", "cis", "timestamp", "host", "cpu"),
    ]
)
VALUES = st.recursive(
    WORDS | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=24,
)
DOCUMENTS = st.dictionaries(WORDS, VALUES, max_size=8).map(
    lambda document: (
        orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS) if _fits(document) else b"{}"
    )
)
ANALYST = Analyst(Decoders([]), SecondStage(everywhere=True))


def _fits(document: Any) -> bool:
    try:
        orjson.dumps(document)
    except TypeError:  # an integer beyond 64 bits
        return False
    return True


def _check(raw: bytes, kind: Kind) -> None:
    record = Record("s", 1, raw, NOW, kind, host="h", agent="a")
    _, event = ANALYST.decode(record)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event) == event
    assert all(value is not None and value != [] for value in event.fields.values())
    assert raw == (event.raw if event.raw is not None else event.message.encode())
    orjson.dumps(AlertDocuments("m").document(event))


@given(st.binary(max_size=200), KINDS)
def test_bytes(raw: bytes, kind: Kind) -> None:
    """Bytes that mean nothing are kept, with the reason they could not be read."""
    _check(raw, kind)


@given(DOCUMENTS, KINDS)
def test_json(raw: bytes, kind: Kind) -> None:
    """JSON with the modules' own words in any place."""
    _check(raw, kind)


@given(WORDS.filter(lambda word: word in ("added", "modified", "deleted")), VALUES, VALUES, VALUES)
def test_changes_of_files(action: str, now: Any, old: Any, rest: Any) -> None:
    """A change whose attributes are anything at all."""
    data = {"path": "/x", "type": action, "attributes": now, "old_attributes": old, "audit": rest}
    data |= dict.fromkeys(("tags", "hard_links", "changed_attributes", "content_changes", "mode"), rest)
    if _fits(data):
        _check(orjson.dumps({"type": "event", "data": data}), "syscheck")
    finding = {"type": "fim", "action": action, "path": "/x", "old": old, "changed_attributes": rest}
    finding |= now if isinstance(now, dict) else {}
    if _fits(finding):
        _check(orjson.dumps(finding), "finding")
