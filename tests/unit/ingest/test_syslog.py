"""Syslog headers as RFC 3164 and RFC 5424 write them, and as they should not be written."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ingest.stages import PlainFactory

from tocsin.core.clock import DAY, from_iso
from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.ingest.syslog import SyslogClassifierFactory, read_header

NOW = from_iso("2026-11-24T05:00:00Z")
MODERN = (
    b"<165>1 2026-11-24T05:14:15.000003+02:00 mymachine.example.com evntslog 111 ID47 "
    b'[exampleSDID@32473 iut="3" eventSource="App \\"x\\""][examplePriority@32473 class="high"] '
    b"\xef\xbb\xbfAn application event log entry"
)


def classified(raw: bytes, source: str = "syslog:udp:192.0.2.7") -> Event:
    record = Record(source, 1, raw, NOW, location="192.0.2.7")
    return SyslogClassifierFactory(PlainFactory())().classify([record])[0].event


def test_takes_the_priority_off_a_classic_message() -> None:
    """Decoders see the line as a file would hold it; facility and severity stand in fields."""
    event = classified(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick")
    assert event.message == "Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick"
    assert event.fields == {"log.syslog.facility.code": 4, "log.syslog.severity.code": 2}
    assert event.raw is None


def test_writes_a_modern_header_the_classic_way() -> None:
    """Host, program and pid stand where pre-decoding looks; the rest is in fields, the bytes in `raw`."""
    event = classified(MODERN)
    assert event.message == (
        "Nov 24 03:14:15 mymachine.example.com evntslog[111]: An application event log entry"
    )
    assert event.fields == {
        "log.syslog.facility.code": 20,
        "log.syslog.severity.code": 5,
        "log.syslog.msgid": "ID47",
        "log.syslog.structured_data.exampleSDID@32473.iut": "3",
        "log.syslog.structured_data.exampleSDID@32473.eventSource": 'App "x"',
        "log.syslog.structured_data.examplePriority@32473.class": "high",
    }
    assert event.raw == MODERN
    assert event.at == from_iso("2026-11-24T03:14:15.000003Z")


def test_believes_a_modern_time_within_a_day() -> None:
    """The sender's time counts when it is near; nobody hides events in the past or the future."""
    near = classified(b"<1>1 2026-11-24T04:59:58.5Z h a - - - x")
    assert near.at == from_iso("2026-11-24T04:59:58.5Z")
    for stamp in (
        b"2026-11-22T00:00:00Z",
        b"2027-01-01T00:00:00Z",
        b"0001-01-01T00:00:00+23:00",
        b"nonsense",
    ):
        assert classified(b"<1>1 " + stamp + b" h a - - - x").at == NOW


def test_an_import_may_be_old() -> None:
    """The time of an old file's messages is believed."""
    event = classified(b"<1>1 2003-10-11T22:14:15.003Z h a - - - x", source="import:abc")
    assert event.at == from_iso("2003-10-11T22:14:15.003Z")


def test_stands_in_for_what_a_modern_header_leaves_out() -> None:
    """The peer's address and the time of receipt take the places of `-`."""
    event = classified(b"<13>1 - - - - - - hello")
    assert event.message == "Nov 24 05:00:00 192.0.2.7 hello"
    assert event.at == NOW


@pytest.mark.parametrize(
    "raw",
    [b"plain line", b"<>x", b"<192>x", b"<0191>x", b"<1234>x", b"< 1>x", b"", b"<34", b"\xff\xfe\x00"],
)
def test_leaves_alone_what_has_no_priority(raw: bytes) -> None:
    """A line without a valid priority is a line."""
    assert read_header(raw) is None
    event = classified(raw)
    assert event.message == raw.decode("utf-8", "replace")


def test_keeps_the_datagram_when_it_is_not_utf8() -> None:
    """`raw` is what came over the network, with its priority."""
    assert classified(b"<34>caf\xe9").raw == b"<34>caf\xe9"


def test_leaves_other_sources_alone() -> None:
    """A file that an agent reads may begin with anything."""
    assert classified(b"<34>x", source="agent:a").message == "<34>x"


def test_a_broken_structured_data_stays_in_the_message() -> None:
    """What is no structured data is not thrown away."""
    event = classified(b'<1>1 - h a - - [x y="1] tail')
    assert event.message.endswith('h a: [x y="1] tail')


def test_hostile_structured_data_takes_no_time() -> None:
    """No pattern here backtracks."""
    started = time.monotonic()
    classified(b"<1>1 - h a - - [x" + b' a="\\\\' * 12_000)
    classified(b"<1>1 - h a - - " + b'[x a="b"' * 8_000)
    assert time.monotonic() - started < 1


def test_is_picklable_for_workers() -> None:
    """The factory travels to worker processes."""
    factory = SyslogClassifierFactory(PlainFactory())
    assert pickle.loads(pickle.dumps(factory)) == factory


@given(st.binary(max_size=200))
def test_junk_never_breaks_it(junk: bytes) -> None:
    """Any bytes after a priority give a line, and the bytes can be had again."""
    raw = b"<13>1 " + junk
    event = classified(raw)
    assert event.raw == raw or b"<13>" + event.message.encode() == raw
    assert abs(event.at - NOW) <= DAY
