"""The spool on disk: numbers, acknowledgement, refusal, damage, and a server of another memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tocsin.agent import spool as spool_module
from tocsin.agent.errors import SpoolError, SpoolFullError
from tocsin.agent.segment import Item
from tocsin.agent.spool import Pending, Spool

MB = 1024 * 1024


def items(count: int, size: int = 10, start: int = 1) -> list[Item]:
    return [
        Item(b"%06d" % number + os.urandom(size // 2).hex().encode(), number)
        for number in range(start, start + count)
    ]


def sent(pending: Pending | None) -> list[int]:
    return [record.seq for record in pending.records] if pending else []


def test_records_carry_source_number_and_agent(tmp_path: Path) -> None:
    """A record that comes out is the item that went in, numbered from 1 within `agent:<id>`."""
    spool = Spool(tmp_path, "ag1", limit_bytes=MB)
    spool.append([Item(b"a\xff", 7, "json", "/var/log/x", "web1")])
    pending = spool.batch(10, 1000)
    assert pending is not None
    record = pending.records[0]
    assert (record.source, record.seq, record.agent) == ("agent:ag1", 1, "ag1")
    assert (record.raw, record.collected_at, record.kind) == (b"a\xff", 7, "json")
    assert (record.location, record.host) == ("/var/log/x", "web1")


def test_numbers_go_on_after_everything_was_acknowledged(tmp_path: Path) -> None:
    """No sequence is used twice, although nothing waits any more."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(5))
    spool.batch(10, MB)
    spool.acknowledge(5)
    spool.close()
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    assert spool.append(items(1)) == 6
    assert sent(spool.batch(10, MB)) == [6]


def test_checkpoints_outlive_the_file_they_were_written_in(tmp_path: Path) -> None:
    """A position set long ago is still known after its records were acknowledged and deleted."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(1), {"log:a": b"1", "log:b": b"2"})
    spool.append([], {"log:b": None})
    for start in range(100):
        spool.append(items(20, 500, start))
        spool.batch(1000, MB)
        spool.acknowledge(spool.stats().last_seq)
    spool.close()
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    assert spool.checkpoints("log:") == {"log:a": b"1"}
    assert len(list(tmp_path.glob("*.seg"))) == 1


def test_a_full_spool_refuses_the_oldest_and_says_which(tmp_path: Path) -> None:
    """Beyond the limit the oldest records go, all of them counted, none of the others harmed."""
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    for start in range(60):
        spool.append(items(10, 2000, start * 10))
    stats = spool.stats()
    (lost,) = spool.untold()
    assert (lost.first, lost.reason) == (1, "overflow")
    assert stats.refused == lost.count > 0
    assert stats.records + stats.refused == 600
    assert stats.first_seq == lost.last + 1
    assert stats.bytes <= 256 * 1024
    pending = spool.batch(10_000, 10 * MB)
    assert sent(pending)[0] == lost.last + 1
    spool.told([lost])
    assert list(spool.untold()) == []


def test_what_is_on_its_way_is_not_refused(tmp_path: Path) -> None:
    """Records offered to the server stay until it answered; younger ones are refused in their place."""
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    spool.append(items(10, 2000))
    assert sent(spool.batch(5, MB)) == [1, 2, 3, 4, 5]
    for start in range(60):
        spool.append(items(10, 2000, start * 10))
    assert all(lost.first > 5 for lost in spool.untold())
    assert sent(spool.batch(5, MB)) == [1, 2, 3, 4, 5]
    spool.acknowledge(5)
    # a batch never spans the gap
    last = 5
    while pending := spool.batch(50, MB):
        assert sent(pending) == list(range(pending.first, pending.last + 1))
        assert pending.first > last
        last = pending.last
        spool.acknowledge(last)
    assert last == 610


def test_losses_survive_a_restart_until_told(tmp_path: Path) -> None:
    """A loss is not forgotten by being killed before it was reported."""
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    for start in range(60):
        spool.append(items(10, 2000, start * 10))
    before = list(spool.untold())
    spool.close()
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    assert list(spool.untold()) == before
    assert spool.stats().refused == before[0].count


def test_a_damaged_file_costs_only_its_own_rest(tmp_path: Path) -> None:
    """Flipped bytes in an old file are found by CRC; the records behind them are counted as lost."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    for start in range(30):
        spool.append(items(10, 2000, start * 10))
    spool.close()
    first = min(tmp_path.glob("*.seg"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 0xFF
    first.write_bytes(content)
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    (lost,) = spool.untold()
    assert lost.reason == "damage"
    seen: list[int] = []
    while pending := spool.batch(1000, 10 * MB):
        seen += sent(pending)
        spool.acknowledge(pending.last)
    assert sorted([*seen, *range(lost.first, lost.last + 1)]) == list(range(1, 301))


def test_damage_while_running_is_counted_too(tmp_path: Path) -> None:
    """A file that goes bad after it was opened does not stop the records behind it."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    for start in range(30):
        spool.append(items(10, 2000, start * 10))
    first = min(tmp_path.glob("*.seg"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 0xFF
    first.write_bytes(content)
    seen: list[int] = []
    while pending := spool.batch(1000, 10 * MB):
        seen += sent(pending)
        spool.acknowledge(pending.last)
    assert len(seen) + spool.stats().refused == 300
    assert [lost.reason for lost in spool.untold()] == ["damage"]


def test_a_full_disk_refuses_the_oldest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room on the disk, old files make room; with none left the append fails and changes nothing."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    for start in range(20):
        spool.append(items(10, 2000, start * 10))
    real = spool_module.write_all
    failures = [1]

    def full(descriptor: int, content: bytes) -> None:
        if failures:
            failures.pop()
            real(descriptor, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor, content)

    monkeypatch.setattr(spool_module, "write_all", full)
    assert spool.append(items(1)) == 201
    assert spool.stats().refused > 0
    failures.extend([1] * 1000)
    with pytest.raises(SpoolFullError):
        spool.append(items(1), {"k": b"moved"})
    failures.clear()
    assert spool.checkpoint("k") is None
    assert spool.append(items(1)) == 202
    spool.close()
    assert Spool(tmp_path, "a", limit_bytes=MB).stats().last_seq == 202


def test_one_append_is_bounded(tmp_path: Path) -> None:
    """An append beyond what a frame may hold is refused as a whole."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    with pytest.raises(SpoolError):
        spool.append([Item(bytes(33 * MB), 1)])
    assert spool.stats().last_seq == 0


def test_a_server_that_forgot_is_noticed(tmp_path: Path) -> None:
    """When the server holds less than it acknowledged, the difference is counted as lost."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(10))
    spool.batch(10, MB)
    spool.acknowledge(10)
    assert spool.forgotten(10) is None
    lost = spool.forgotten(4)
    assert lost is not None
    assert (lost.first, lost.last, lost.reason) == (5, 10, "restore")


def test_an_agent_put_back_from_a_copy_renumbers(tmp_path: Path) -> None:
    """When the server holds numbers this agent never gave, what waits gets new ones, in order."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(3), {"log": b"p"})
    assert spool.renumber(2) == 0
    assert spool.renumber(500) == 3
    pending = spool.batch(10, MB)
    assert sent(pending) == [501, 502, 503]
    assert pending is not None
    assert [record.raw[:6] for record in pending.records] == [b"000001", b"000002", b"000003"]
    assert spool.append(items(1)) == 504
    spool.close()
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    assert sent(spool.batch(10, MB)) == [501, 502, 503, 504]
    assert spool.checkpoint("log") == b"p"


def test_a_spoilt_state_file_is_harmless(tmp_path: Path) -> None:
    """Losing what was acknowledged leads to sending again, never to reusing a number."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(5))
    spool.batch(10, MB)
    spool.acknowledge(5)
    spool.close()
    (tmp_path / "state").write_bytes(b"")
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    assert sent(spool.batch(10, MB)) == [1, 2, 3, 4, 5]
    assert spool.append(items(1)) == 6


def test_the_newest_file_lost_does_not_reuse_numbers(tmp_path: Path) -> None:
    """Even if the last file is gone, numbers go on behind what was acknowledged."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(5))
    spool.batch(10, MB)
    spool.acknowledge(5)
    spool.close()
    for path in tmp_path.glob("*.seg"):
        path.unlink()
    assert Spool(tmp_path, "a", limit_bytes=MB).append(items(1)) == 6


def test_a_tail_cut_below_what_was_acknowledged_does_not_reuse_numbers(tmp_path: Path) -> None:
    """If the disk loses records the server already holds, numbers go on behind those."""
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    spool.append(items(5))
    (path,) = tmp_path.glob("*.seg")
    kept = path.stat().st_size
    spool.append(items(5))
    spool.batch(10, MB)
    spool.acknowledge(10)
    spool.close()
    os.truncate(path, kept)
    spool = Spool(tmp_path, "a", limit_bytes=MB)
    assert spool.append(items(1)) == 11
    assert sent(spool.batch(10, MB)) == [11]
    assert list(spool.untold()) == []


def test_another_agent_begins_at_one_with_what_waits(tmp_path: Path) -> None:
    """After enrolling anew the waiting records belong to the new agent, under numbers of its own."""
    spool = Spool(tmp_path, "old", limit_bytes=MB)
    spool.append(items(10), {"log": b"p"})
    spool.batch(4, MB)
    spool.acknowledge(4)
    spool.close()
    spool = Spool(tmp_path, "new", limit_bytes=MB)
    pending = spool.batch(100, MB)
    assert sent(pending) == [1, 2, 3, 4, 5, 6]
    assert pending is not None
    assert {record.source for record in pending.records} == {"agent:new"}
    assert pending.records[0].raw.startswith(b"000005")
    assert spool.checkpoint("log") == b"p"
    assert spool.stats().acknowledged == 0
    spool.close()
    spool = Spool(tmp_path, "new", limit_bytes=MB)
    assert sent(spool.batch(100, MB)) == [1, 2, 3, 4, 5, 6]
    assert spool.append(items(1)) == 7


def test_a_disk_too_full_for_the_state_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for even the state file the spool goes on, and a restart still accounts for all."""
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    for start in range(10):
        spool.append(items(10, 2000, start * 10))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        for start in range(50):
            spool.append(items(10, 2000, start * 10))
        refused = spool.stats().refused
        assert refused > 0
        os.close(spool._file)
    spool = Spool(tmp_path, "a", limit_bytes=256 * 1024)
    pending = spool.batch(1000, 10 * MB)
    assert pending is not None
    assert spool.stats().refused == pending.first - 1 == refused
