"""Writing events with `_bulk`."""

from __future__ import annotations

from typing import Any, cast

import orjson

from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.store.opensearch import writing
from tocsin.store.opensearch.client import Client
from tocsin.store.opensearch.document import Document
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.writing import EventWriter

NOON = from_iso("2026-11-24T12:00:00Z")
CREATED: dict[str, Any] = {"status": 201}
BUSY: dict[str, Any] = {"status": 429, "error": {"type": "rejected_execution_exception"}}


class Server:
    """Takes `_bulk` requests; answers `CREATED` but for what it is told."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)

    def lines(self, path: str, lines: list[bytes]) -> Any:
        assert "_bulk" == path
        self.requests.append(b"\n".join(lines) + b"\n")
        items = self.requests[-1].count(b"\n") // 2
        return {
            "items": [{"create": self._answers.pop(0) if self._answers else CREATED} for _ in range(items)]
        }


def writer(server: Server) -> EventWriter:
    return EventWriter(cast(Client, server), Layout(), sleep=lambda _: None)


def event(seq: int, **fields: Any) -> Event:
    return Event("s", seq, NOON, NOON, "m", fields)


def test_requests_are_bounded_whatever_makes_events_large() -> None:
    """Large values of fields count as a large message does; an event too large for that goes alone."""
    server = Server()
    events = [event(seq, **{"data.x": "x" * 1_000_000}) for seq in range(1, 25)]
    events.append(event(25, **{"data.x": "x" * (9 << 20)}))
    writer(server).write(1, "2026-11-24", events)
    sizes = [len(request) for request in server.requests]
    assert 25 == sum(request.count(b"\n") for request in server.requests) // 2
    assert max(sizes[:-1]) <= 8 << 20 < sizes[-1]
    assert len(sizes) < 10


def test_document_is_made_once_however_often_it_is_sent(monkeypatch: Any) -> None:
    """What a busy server did not take is sent again as it is, without the rest."""
    made: list[int] = []

    def counted(commit: int, one: Event) -> Document:
        made.append(one.seq)
        return to_document(commit, one)

    to_document = writing.to_document
    monkeypatch.setattr(writing, "to_document", counted)
    server = Server(CREATED, BUSY, BUSY)
    writer(server).write(1, "2026-11-24", [event(1), event(2)])
    assert [1, 2] == made
    assert [4, 2, 2] == [request.count(b"\n") for request in server.requests]
    assert server.requests[0].endswith(server.requests[1])


def test_events_kept_unindexed_are_counted_once() -> None:
    """Whether the server refused to index one, or it had too many fields or too long a name of one."""
    refused = {"status": 400, "error": {"type": "illegal_argument_exception", "reason": "limit"}}
    server = Server(refused, CREATED, BUSY, CREATED, CREATED)
    made = writer(server)
    made.write(
        1, "2026-11-24", [event(1, a=1), event(2, a=2), event(3, **{f"f{n}": n for n in range(1_001)})]
    )
    assert 2 == made.rejections
    made.write(2, "2026-11-24", [event(4, **{"x" * 400: 1}), event(5, **{"x" * 200: 1})])
    assert 3 == made.rejections
    assert "limit" in orjson.loads(server.requests[1].splitlines()[1])["tocsin"]["rejected"]
