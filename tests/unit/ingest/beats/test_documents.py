"""By what a document of a Beat is known when it comes again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.lumberjack import line
from tocsin.ingest.beats.documents import Document, Documents
from tocsin.ingest.beats.frames import Sent


def read(document: Any, of: Documents | None = None) -> Document:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return (of or Documents()).read(Sent(2, 1, raw))


def test_a_given_name_is_kept() -> None:
    """An `_id` is the document's name, whatever else it holds."""
    named = {"@metadata": {"beat": "filebeat", "_id": "x1"}, "message": "a"}
    assert read(named).offer.name == "id:x1"
    long = read({"@metadata": {"_id": "y" * 500}}).offer.name
    assert len(long) < 100
    assert long != read({"@metadata": {"_id": "y" * 501}}).offer.name


def test_a_line_is_known_by_its_place() -> None:
    """Read again after the Beat was killed it has another time and is the same; elsewhere it is another."""
    first = line(1, "a")
    again = line(1, "a") | {"@timestamp": "2026-11-24T10:00:09.000Z"}
    again["agent"]["ephemeral_id"] = "e2"
    other = line(2, "a")
    rotated = line(1, "a")
    rotated["log"]["file"]["inode"] = "78"
    names = [read(one).offer.name for one in (first, again, other, rotated, line(1, "b"))]
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_a_windows_event_is_known_by_its_record() -> None:
    """The number in its channel, on its computer, at its time."""
    log = {"channel": "Security", "record_id": 7, "computer_name": "dc1", "event_id": "4625"}
    event = {"@timestamp": "t", "winlog": log, "agent": {"type": "winlogbeat"}}
    assert read(event).offer.name == read(event | {"tags": ["x"]}).offer.name
    assert read(event).offer.name != read(event | {"winlog": log | {"record_id": 8}}).offer.name


def test_others_are_known_by_their_content() -> None:
    """The order of fields says nothing; the same content twice in one connection is two documents."""
    of = Documents()
    first, second = read({"a": 1, "b": 2}, of), read({"b": 2, "a": 1}, of)
    again = Documents()
    assert first.offer.name != second.offer.name
    assert [read({"a": 1, "b": 2}, again).offer.name for _ in range(2)] == [
        first.offer.name,
        second.offer.name,
    ]


@pytest.mark.parametrize(
    ("document", "program"),
    [
        ({"@metadata": {"beat": "metricbeat"}}, "metricbeat"),
        ({"agent": {"type": "auditbeat"}}, "auditbeat"),
        ({"@version": "1"}, "logstash"),
        ({"line": "x"}, "lumberjack"),
        ({"@metadata": {"beat": "../x"}}, "other"),
        ({"@metadata": {"beat": "x" * 33}}, "other"),
        ({"agent": {"type": 7}}, "other"),
    ],
)
def test_says_which_program_sent(document: dict[str, Any], program: str) -> None:
    """As the document says, when that can be a name."""
    assert read(document).program == program


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"[1]", "no JSON object"),
        (b"{", "no JSON object"),
        (b"\xff", "no JSON object"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (b'{"a":' + b"[" * 100_000, "no JSON object"),
    ],
)
def test_says_why_a_document_is_refused(raw: bytes, fault: str) -> None:
    """One that cannot be read, or is nested too deeply."""
    assert fault in read(raw).fault


def test_depth_is_not_width() -> None:
    """Many objects beside each other are fine."""
    assert read({"a": [{"b": 1}] * 500}).fault == ""
