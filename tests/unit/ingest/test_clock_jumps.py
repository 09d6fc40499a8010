"""The machine's clock is set, forwards and back, while records flow: nothing is lost, nothing is twice."""

from __future__ import annotations

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import FullError, MemoryStore, records

from harness.waiting import PATIENCE_S, until
from tocsin.core.clock import DAY, HOUR, ManualClock
from tocsin.core.database import Database
from tocsin.ingest.documents import DocumentIntake, Offer
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Ledger

NOW = 1_800_000_000_000_000
JUMPS = [DAY, -DAY, 8 * DAY, -8 * DAY, HOUR, -HOUR]


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def ledger(database: Database, clock: ManualClock) -> Ledger:
    return Ledger(database, clock)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def intake(
    make_pipeline: Make,
    ledger: Ledger,
    clock: ManualClock,
    seconds: Seconds,
    database: Database,
    store: MemoryStore,
) -> DocumentIntake:
    identities = Identities(database, clock, store.get, seconds)
    return DocumentIntake(make_pipeline().sequencer, ledger, clock, identities)


def offers(*names: str) -> list[Offer]:
    return [Offer(b'{"n":"%b"}' % name.encode(), name) for name in names]


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_under_way_stays_so(
    intake: DocumentIntake, clock: ManualClock, store: MemoryStore, jump: int
) -> None:
    """A document that is being stored is not taken for a new one, whatever the clock says."""
    store.gate.clear()
    first = intake.submit("s", offers("a"))
    assert first is not None
    clock.advance(jump)
    [again] = offers("a")
    assert intake.submit("s", [again]) is None
    assert again.fate == "busy"
    store.gate.set()
    first.result(PATIENCE_S)
    assert intake.submit("s", [again]) is None
    assert len(store.events) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_what_was_stored_is_known(
    intake: DocumentIntake, clock: ManualClock, store: MemoryStore, ledger: Ledger, jump: int
) -> None:
    """A name is known, however long ago it seems to have been."""
    first = intake.submit("s", offers("a", "b"))
    assert first is not None
    first.result(PATIENCE_S)
    clock.advance(jump)
    again = intake.submit("s", offers("a", "b", "c"))
    assert again is not None
    again.result(PATIENCE_S)
    account = ledger.account("s")
    assert account.received == account.stored + account.duplicates == 5
    assert account.stored == len(store.events) == 3
    assert account.lag_us >= 0


def test_what_waits_for_room_is_under_way_for_a_time(
    intake: DocumentIntake, seconds: Seconds, store: MemoryStore
) -> None:
    """Who was told that there is no room finds the document under way, and in the log once it got there."""
    store.failures = [FullError("full")]
    store.gate.clear()
    first = intake.submit("s", offers("a"))
    store.gate.set()
    assert first is not None
    with pytest.raises(Exception, match="no room"):
        first.result(PATIENCE_S)
    until(lambda: store.events)
    seconds.now += 10
    [again] = offers("a")
    assert intake.submit("s", [again]) is None
    assert again.fate == "again"


@pytest.mark.parametrize("jump", JUMPS)
def test_records_that_number_themselves_go_on(
    make_pipeline: Make, clock: ManualClock, ledger: Ledger, store: MemoryStore, jump: int
) -> None:
    """Their sequence says what is new, not the time."""
    pipeline = make_pipeline()
    pipeline.submit("agent:a", records("agent:a", 1, 5)).result(PATIENCE_S)
    clock.advance(jump)
    pipeline.submit("agent:a", records("agent:a", 4, 5)).result(PATIENCE_S)
    assert store.seqs("agent:a") == list(range(1, 9))
    account = ledger.account("agent:a")
    assert (account.received, account.stored, account.duplicates) == (10, 8, 2)
    assert account.lag_us >= 0
