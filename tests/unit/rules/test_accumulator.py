"""Lines that lend each other fields."""

from __future__ import annotations

from tocsin.decode.subject import Subject
from tocsin.rules.accumulator import EXPIRES, Accumulator


def _subject(host: str = "h", **values: str) -> Subject:
    subject = Subject("line")
    subject.hostname, subject.decoder = host, "openldap"
    subject.values = {"id": "7", **values}
    return subject


def test_missing_fields_come_from_earlier_lines_of_the_id() -> None:
    """A field is lent where the line has none of its own, to rules and event alike."""
    memory = Accumulator()
    assert {} == memory.fill(_subject(srcip="192.0.2.1"), 0)
    memory.fill(_subject(dstuser="bob", srcip="192.0.2.2"), 1)
    last = _subject()
    assert {"user.name": "bob", "source.ip": "192.0.2.2"} == memory.fill(last, 2)
    assert {"id": "7", "dstuser": "bob", "srcip": "192.0.2.2"} == last.values


def test_other_hosts_ids_and_times_lend_nothing() -> None:
    """Host, decoder and id must be the same, and the line not too long ago."""
    memory = Accumulator()
    memory.fill(_subject(srcip="192.0.2.1"), 0)
    assert {} == memory.fill(_subject(host="other"), 1)
    assert {} == memory.fill(_subject(id="8"), 1)
    assert {} == memory.fill(_subject(), EXPIRES + 1)


def test_only_parties_and_data_are_lent() -> None:
    """The action of one line is not that of another."""
    memory = Accumulator()
    memory.fill(_subject(action="bind", url="x", data="d"), 0)
    last = _subject()
    memory.fill(last, 1)
    assert {"id": "7", "data": "d"} == last.values


def test_state_is_restored() -> None:
    """What was lent before is lent after."""
    before, after = Accumulator(), Accumulator()
    before.fill(_subject(srcip="192.0.2.1"), 0)
    after.restore(before.state())
    assert {"source.ip": "192.0.2.1"} == after.fill(_subject(), 1)
