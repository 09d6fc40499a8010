"""The spool against a model, killed at any byte of its last file."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tocsin.agent.segment import Item, scan
from tocsin.agent.spool import Spool

LIMIT = 24 * 1024


class SpoolMachine(RuleBasedStateMachine):
    """Appends, sends, acknowledges and kills a spool beside a list of what it must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="spool-test-"))
        self.spool = Spool(self.folder, "a", limit_bytes=LIMIT)
        self.kept: dict[int, bytes] = {}
        self.position: dict[int, bytes] = {0: b""}
        self.last = 0
        self.acknowledged = 0
        self.offered = 0
        self.on_its_way = 0
        self.told_to = 0
        self.counter = 0

    @rule(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=6))
    def append(self, sizes: list[int]) -> None:
        """Records get the next numbers and the position moves with them."""
        items = []
        for size in sizes:
            self.counter += 1
            items.append(Item(b"%d:" % self.counter + os.urandom(size), self.counter))
        position = b"%d" % self.counter
        last = self.spool.append(items, {"log": position})
        assert last == self.last + len(items)
        for seq, item in enumerate(items, self.last + 1):
            self.kept[seq] = item.raw
        self.last = last
        self.position[last] = position
        self.forget_lost()

    def forget_lost(self) -> None:
        for lost in self.spool.untold():
            assert lost.reason == "overflow"
            assert lost.last <= self.told_to or lost.first > self.on_its_way, "what is offered stays"
            for seq in range(lost.first, lost.last + 1):
                self.kept.pop(seq, None)
            self.told_to = max(self.told_to, lost.last)

    @rule(records=st.integers(1, 20), size=st.integers(1, 4000))
    def send(self, records: int, size: int) -> None:
        """A batch is the oldest unacknowledged records, unbroken, byte for byte."""
        pending = self.spool.batch(records, size)
        waiting = sorted(seq for seq in self.kept if seq > self.acknowledged)
        if not waiting:
            assert pending is None
            return
        assert pending is not None
        sent = [record.seq for record in pending.records]
        assert sent == list(range(waiting[0], waiting[0] + len(sent)))
        assert all(self.kept[record.seq] == record.raw for record in pending.records)
        assert len(sent) <= records
        self.offered = self.on_its_way = max(self.offered, pending.last)

    @precondition(lambda self: self.offered > self.acknowledged)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        """What the server holds is let go of."""
        self.acknowledged = data.draw(st.integers(self.acknowledged + 1, self.offered))
        self.spool.acknowledge(self.acknowledged)

    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """A cut tail costs only records that were never offered; their numbers and positions go together."""
        active = self.spool._segments[-1]
        whole = active.size
        os.close(self.spool._file)
        cut = data.draw(st.integers(0, whole)) if self.offered < active.first_seq else whole
        junk = data.draw(st.binary(max_size=60))
        if cut < _opening_size(active.path):
            cut = _opening_size(active.path)  # the opening appears whole or not at all
        os.truncate(active.path, cut)
        with active.path.open("ab") as file:
            file.write(junk)
        self.spool = Spool(self.folder, "a", limit_bytes=LIMIT)
        last = self.spool.stats().last_seq
        assert active.first_seq - 1 <= last <= self.last
        self.on_its_way = 0
        assert last in self.position, "records and position are written together"
        assert last >= max(self.offered, self.acknowledged)
        if cut == whole:
            assert last == self.last
        self.kept = {seq: raw for seq, raw in self.kept.items() if seq <= last}
        self.position = {seq: position for seq, position in self.position.items() if seq <= last}
        self.last = last
        assert (self.spool.checkpoint("log") or b"") == self.position[last]

    @invariant()
    def bounded_and_counted(self) -> None:
        """The files stay near the limit; waiting, refused and acknowledged add up."""
        stats = self.spool.stats()
        assert stats.bytes <= LIMIT + 24 * 1024
        assert stats.bytes == sum(path.stat().st_size for path in self.folder.glob("*.seg"))
        waiting = [seq for seq in self.kept if seq > self.acknowledged]
        assert stats.records == len(waiting)
        lost = sum(one.count for one in self.spool.untold())
        assert stats.refused == lost

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.folder)


def _opening_size(path: Path) -> int:
    return next(iter(scan(path)))[0].end


SpoolMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSpool = SpoolMachine.TestCase
