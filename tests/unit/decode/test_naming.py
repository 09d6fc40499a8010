"""Names and types of event fields."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.decode.naming import is_address, readable, target


def _stored(name: str, value: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    target(name).store(fields, value)
    return fields


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("srcip", "192.0.2.1", {"source.ip": "192.0.2.1"}),
        ("srcip", "2001:db8::1", {"source.ip": "2001:db8::1"}),
        ("srcip", "host.example", {"source.domain": "host.example"}),
        ("dstip", "UNKNOWN", {"destination.domain": "UNKNOWN"}),
        ("srcip", "-", {}),
        ("srcport", "22", {"source.port": 22}),
        ("srcport", "ssh", {"data.srcport_text": "ssh"}),
        ("user", "root", {"user.name": "root"}),
        ("srcuser", "bob", {"source.user.name": "bob"}),
        ("id", "404", {"event.code": "404"}),
        ("url", "/x", {"url.original": "/x"}),
        ("status", "ok", {"data.status": "ok"}),
        ("http.response.body.bytes", "12", {"http.response.body.bytes": 12}),
        ("http.response.body.bytes", "-", {}),
        ("win.system.eventID", "1", {"data.win.system.eventID": "1"}),
        ("rule.id", "1", {"data.rule.id": "1"}),
        ("message", "x", {"data.message": "x"}),
        ("file.mtime", "2026-01-01T00:00:00Z", {"file.mtime": 1767225600000000}),
        ("file.mtime", "late", {"data.file.mtime": "late"}),
        ("anything", "", {}),
        ("anything", "\xc3\xa4", {"data.anything": "ä"}),
    ],
)
def test_where_a_value_goes(name: str, value: str, fields: dict[str, Any]) -> None:
    """Static names have ECS names, catalogue names keep theirs, others go below `data.`, typed or apart."""
    assert fields == _stored(name, value)


def test_a_decoder_cannot_forge_what_the_engine_writes() -> None:
    """Fields of rule, decoder and agent are written by the platform only."""
    for name in ("rule.level", "decoder.name", "agent.id", "threat.technique.id", "@timestamp", "_id"):
        assert target(name).name.startswith("data.")


def test_bytes_that_are_no_utf8_show_as_replacement() -> None:
    """A value is shown as UTF-8 where it is, and never raises where it is not."""
    assert "\ufffd" == readable("\xff")


def test_addresses() -> None:
    """Addresses of either family, without zones and without leading zeros."""
    assert is_address("::1")
    assert not is_address("fe80::1%eth0")
    assert not is_address("1.2.3")
    assert not is_address("x" * 1_000)
