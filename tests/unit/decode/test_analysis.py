"""From records to events."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tocsin.core.clock import DAY, from_iso, to_iso
from tocsin.core.event import Event
from tocsin.core.record import Kind, Record
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import Decoders, load_decoders

NOW = from_iso("2026-11-24T12:00:00Z")


def _event(raw: bytes, kind: Kind = "line", **given: str) -> Event:
    record = Record("src", 7, raw, NOW, kind, **given)
    return Analyst(Decoders([])).decode(record)[1]


def test_a_line_keeps_its_text_and_where_it_came_from() -> None:
    """Header parts, location, agent and source are fields; the text stays whole."""
    event = _event(b"Nov 24 10:00:01 web1 app[9]: hi", location="/var/log/x", agent="a1")
    assert ("Nov 24 10:00:01 web1 app[9]: hi", None) == (event.message, event.raw)
    assert "2026-11-24T10:00:01.000000Z" == to_iso(event.at)
    assert NOW == event.received_at
    assert {
        "event.source": "src",
        "process.name": "app",
        "process.pid": 9,
        "host.hostname": "web1",
        "host.name": "web1",
        "predecoder.timestamp": "Nov 24 10:00:01",
        "log.file.path": "/var/log/x",
        "agent.id": "a1",
    } == event.fields


def test_the_collector_names_the_host() -> None:
    """`host.name` is what the collector calls the host, `host.hostname` what the line says."""
    fields = _event(b"Nov 24 10:00:01 web1 app: hi", host="real").fields
    assert ("real", "web1") == (fields["host.name"], fields["host.hostname"])


def test_an_agent_is_named() -> None:
    """The host's name of a record that an agent collected is the agent's name."""
    assert "real" == _event(b"hi", host="real", agent="a1").fields["agent.name"]


def test_bytes_that_are_no_utf8_are_kept_raw() -> None:
    """Only a text that does not encode back to the record's bytes keeps them beside it."""
    event = _event(b"caf\xe9")
    assert ("caf\ufffd", b"caf\xe9") == (event.message, event.raw)
    assert _event("café".encode()).raw is None


def test_a_time_in_the_future_is_not_trusted() -> None:
    """A line that says it is from the day after tomorrow is dated by its collection."""
    assert NOW == _event(b"2026-11-27T10:00:00+00:00 web1 app[1]: x").at


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        (b'{"@timestamp": "2026-11-24T10:00:00.5Z"}', "2026-11-24T10:00:00.500000Z"),
        (b'{"time": 1795514400}', "2026-11-24T10:00:00.000000Z"),
        (b'{"@timestamp": 1795514400250}', "2026-11-24T10:00:00.250000Z"),
        (b'{"time": "soon", "ts": 1e300}', "2026-11-24T12:00:00.000000Z"),
        (b'{"time": true}', "2026-11-24T12:00:00.000000Z"),
    ],
)
def test_json_records_are_dated_by_their_time_fields(raw: bytes, at: str) -> None:
    """The usual time fields date a JSON record; what is no time leaves the time of collection."""
    event = _event(raw, "json")
    assert at == to_iso(event.at)
    assert "json" == event.fields["decoder.name"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"message": "Zo\\u00eb came", "user": "anna"}', "Zo\u00eb came"),
        (b'{"message": " ", "a": 1}', '{"message": " ", "a": 1}'),
        (b'{"message": {"text": "x"}}', '{"message": {"text": "x"}}'),
    ],
)
def test_the_message_of_a_document_is_its_message(raw: bytes, message: str) -> None:
    """Readable; a document without one is its own. What was sent is kept."""
    event = _event(raw, "json")
    assert message == event.message
    assert raw == (event.raw or event.message.encode())


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"{", "json"),
        (b"[1]", "json"),
        (b"[" * 100_000, "json"),
        (b"<x/>", "winevent"),
        (b'{"type": "odd"}', "finding"),
        (b"\x00\xff", "finding"),
    ],
)
def test_what_cannot_be_decoded_says_why(raw: bytes, kind: Kind) -> None:
    """The event is there, with the reason."""
    assert f"cannot be decoded as {kind}" in str(_event(raw, kind).fields["error.message"])


def test_a_windows_event_has_ecs_fields_beside_its_own() -> None:
    """The names Wazuh's rules use stand below `data.`, the meaning of the common ones in ECS fields."""
    event = _event(
        b'<Event><System><EventID>1</EventID><TimeCreated SystemTime="2026-11-24T10:00:00.123456789Z"/>'
        b"<Computer>ws1</Computer></System><EventData><Data Name='Image'>C:\\a.exe</Data>"
        b"<Data Name='ProcessId'>0x10</Data></EventData></Event>",
        "winevent",
    )
    fields = event.fields
    assert "windows_eventchannel" == fields["decoder.name"]
    assert ("1", "ws1", "C:\\a.exe", 16) == tuple(
        fields[name] for name in ("event.code", "host.name", "process.executable", "process.pid")
    )
    assert "1" == fields["data.win.system.eventID"]
    assert "2026-11-24T10:00:00.123456Z" == to_iso(event.at)


def test_a_very_long_line_is_analysed_in_part_and_kept_whole() -> None:
    """Decoders see a bounded part; the event has all of it."""
    raw = b"Nov 24 10:00:01 web1 app: " + b"x" * 10_000_000
    assert len(raw) == len(_event(raw).message)


def test_events_survive_the_way_between_processes() -> None:
    """An event is plain data."""
    event = _event(b'{"a": [1, {"b": null}], "c": 1.5}', "json")
    assert event == msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event)
    assert event.at <= NOW + DAY


@pytest.mark.parametrize("stamp", ["2199-01-01T00:00:00.000000+00:00", "1906-01-01T00:00:00.000000+00:00"])
def test_a_time_beyond_belief_is_noted(stamp: str) -> None:
    """The event gets the time of its reception, and keeps what it claims."""
    event = _event(f"{stamp} web1 app: x".encode())
    assert (NOW, NOW) == (event.at, event.received_at)
    assert stamp[:26] == str(event.fields["event.time_refused"])[:26]


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({"timestamp": "2026-11-24T09:00:00Z"}, "2026-11-24T09:00:00.000000Z"),
        ({"@timestamp": "2026-11-24 09:00:00.5"}, "2026-11-24T09:00:00.500000Z"),
        ({"ts": 1_795_510_800.25}, "2026-11-24T09:00:00.250000Z"),
        ({"eventTime": "2026-11-24T09:00:00+01:00"}, "2026-11-24T08:00:00.000000Z"),
        ({"timestamp": "soon", "time": "2026-11-24T09:00:00Z"}, "2026-11-24T09:00:00.000000Z"),
        ({"timestamp": "2199-01-01T00:00:00Z"}, "2026-11-24T12:00:00.000000Z"),
        ({"level": 5}, "2026-11-24T12:00:00.000000Z"),
    ],
)
def test_a_line_of_json_states_its_time(tmp_path: Path, document: dict[str, object], at: str) -> None:
    """Under one of the usual names; beyond belief, or without one, the time of reception counts."""
    path = tmp_path / "json.xml"
    path.write_text(
        '<decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>'
    )
    decoders, _ = load_decoders([path])
    event = Analyst(decoders).decode(Record("s", 1, json.dumps(document).encode(), NOW))[1]
    assert (at, NOW) == (to_iso(event.at), event.received_at)
    assert ("event.time_refused" in event.fields) == ("2199" in str(document))


@pytest.mark.parametrize(
    "event", ["<Event><System><Level>2</Level></System></Event>", {"System": {"Level": 2}}]
)
def test_json_that_is_a_windows_event_is_read_as_one(event: object) -> None:
    """Without being told the kind, as when an export of `evtx_dump` is imported."""
    found = _event(json.dumps({"Event": event}).encode(), "json")
    assert ("windows_eventchannel", "ERROR") == (
        found.fields["decoder.name"],
        found.fields["data.win.system.severityValue"],
    )
    assert "windows_eventchannel" != _event(b'{"Event": "login"}', "json").fields["decoder.name"]
