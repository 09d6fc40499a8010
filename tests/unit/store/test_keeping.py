"""What becomes of days: by age, by class, by size, and what a hold spares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tocsin.core.clock import DAY, HOUR, MINUTE, ManualClock, from_iso
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import QueryError
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import HeldError, NewHold
from tocsin.store.retention import EventClass, Policy
from tocsin.store.sealing import Sealer

NOON = from_iso("2026-11-24T12:00:00Z")
KINDS = ("debug", "auth", "web")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> DuckDBStore:
    """A log of ten days, six events a day: two of each kind."""
    store = DuckDBStore(tmp_path, clock)
    fill(store)
    clock.advance(2 * HOUR)
    yield store
    store.close()


def fill(store: DuckDBStore) -> None:
    events = [
        Event("s", 1 + 6 * day + n, NOON - (9 - day) * DAY + n, 0, f"m{n}", {"kind": KINDS[n % 3], "n": n})
        for day in range(10)
        for n in range(6)
    ]
    store.commit(Batch("s", events, 60))


def left(store: DuckDBStore, query: str = "") -> list[int]:
    """Return how many events each of the ten days has."""
    return [
        store.count(
            Selection(parse_lucene(query), NOON - (9 - n) * DAY - 12 * HOUR, NOON - (8 - n) * DAY - 12 * HOUR)
        )
        for n in range(10)
    ]


def apply(store: DuckDBStore, days: int = 0, classes: Sequence[EventClass] = (), max_bytes: int = 0) -> None:
    store.keeping(Policy(days, classes, max_bytes)).apply()


def test_days_that_are_over_are_sealed(store: DuckDBStore) -> None:
    """All but today; nothing else changes without a policy."""
    apply(store)
    assert [6] * 10 == left(store)
    assert [1] * 9 + [0] == [store._days.summary(day).generation for day in store._days.names()]


def test_by_age(store: DuckDBStore) -> None:
    """A day that holds an event younger than promised stays whole."""
    apply(store, days=3)
    assert [0] * 6 + [6] * 4 == left(store)
    assert 60 == store.mark("s")
    assert ["day.dropped"] * 6 == [
        deed.action for deed in store._days.journal.trail() if "drop" in deed.action
    ]


def test_by_class(store: DuckDBStore, clock: ManualClock) -> None:
    """The first class that fits says how long; a class without a limit stays for ever."""
    classes = [EventClass("kind:auth AND n:1", 0), EventClass("kind:auth", 8), EventClass("kind:debug", 2)]
    apply(store, days=4, classes=classes)
    assert [0] * 7 + [2] * 3 == left(store, "kind:debug")
    assert [0] * 5 + [2] * 5 == left(store, "kind:web")
    assert [1] + [2] * 9 == left(store, "kind:auth")
    fill(store)
    assert [0] * 7 + [2] * 3 == left(store, "kind:debug")
    clock.advance(DAY)
    apply(store, days=4, classes=classes)
    assert [0] * 8 + [2] * 2 == left(store, "kind:debug")


def test_a_day_is_gone_through_once(store: DuckDBStore) -> None:
    """A file is written again only when another class has grown too old, or something came to the day."""
    classes = [EventClass("kind:debug", 2)]
    apply(store, classes=classes)
    generations = [store._days.summary(day).generation for day in store._days.names()]
    apply(store, classes=classes)
    assert generations == [store._days.summary(day).generation for day in store._days.names()]
    late = Event("late", 1, NOON - 9 * DAY, 0, "late", {"kind": "debug"})
    store.commit(Batch("late", [late], 1))
    assert 5 == left(store)[0]
    apply(store, classes=classes)
    assert 4 == left(store)[0]


def test_what_was_deleted_does_not_come_back_and_followers_go_on(store: DuckDBStore) -> None:
    """Commits keep their numbers; the events left of them are followed."""
    before = {one.event.id: one.commit for one in store.follow(0, 1000)}
    apply(store, classes=[EventClass("kind:debug", 2), EventClass("kind:web", 1)])
    after = {one.event.id: one.commit for one in store.follow(0, 1000)}
    assert sum(left(store)) == len(after)
    assert after.items() <= before.items()
    assert {"kind", "n"} <= {seen.name for seen in store.fields(Selection())}
    counts = {seen.name: seen.count for seen in store.fields(Selection())}
    assert sum(left(store)) == counts["kind"]


def test_by_size(store: DuckDBStore) -> None:
    """The oldest days go until the rest fits; today stays however small the limit is."""
    apply(store)
    sizes = [day.size_bytes for day in store.days()]
    apply(store, max_bytes=sum(sizes[-4:]))
    assert [0] * 6 + [6] * 4 == left(store)
    apply(store, max_bytes=1)
    assert [0] * 9 + [6] == left(store)


def test_too_large_a_log_is_warned_of_only_while_it_is_one(store: DuckDBStore, clock: ManualClock) -> None:
    """Today's events cannot go; those of a day that is over can, and then nothing is wrong."""
    with capture_logs() as heard:
        apply(store, max_bytes=1)
        clock.advance(DAY)
        apply(store, max_bytes=1)
    assert [0] * 10 == left(store)
    assert 1 == [entry["event"] for entry in heard].count("log_larger_than_allowed")


@pytest.mark.parametrize(
    "policy", [{"days": 3}, {"max_bytes": 1}, {"classes": [EventClass("*", 3)], "days": 3}], ids=str
)
def test_a_hold_spares_its_events(store: DuckDBStore, policy: dict[str, object]) -> None:
    """From age, size and class alike; what is not held goes, and all goes once the hold is lifted."""
    hold = store.holds.place(NewHold("case 7", "kind:auth", to_at=NOON - 7 * DAY - 12 * HOUR), "ann", NOON)
    apply(store, **policy)  # type: ignore[arg-type]
    assert [2, 2, 0, 0] == left(store)[:4]
    apply(store, **policy)  # type: ignore[arg-type]
    assert [2, 2, 0, 0] == left(store, "kind:auth")[:4]
    with pytest.raises(HeldError):
        store.drop_day("2026-11-15")
    store.holds.lift(hold.id, "closed", "bob", NOON)
    apply(store, **policy)  # type: ignore[arg-type]
    assert [0, 0, 0, 0] == left(store)[:4]


def test_a_hold_placed_meanwhile_stops_the_deletion(store: DuckDBStore) -> None:
    """Whoever went through the day before knows nothing of it."""
    guard, _ = store.holds.guarded("2026-11-15")
    store.holds.place(NewHold("case 8"), "ann", NOON)
    with pytest.raises(HeldError):
        store._days.drop("2026-11-15", guard=guard)
    assert 6 == left(store)[0]


def test_holds_leave_a_trail_that_nobody_can_change(store: DuckDBStore) -> None:
    """Who, what, when and why, of placing and of lifting; kept over a restart."""
    hold = store.holds.place(NewHold("case 9", "kind:auth"), "ann", NOON)
    store.holds.lift(hold.id, "settled", "bob", NOON + 1)
    trail = [deed for deed in store._days.journal.trail() if deed.action.startswith("hold")]
    assert [("bob", "hold.lifted"), ("ann", "hold.placed")] == [(deed.actor, deed.action) for deed in trail]
    assert "case 9" == trail[1].details["reason"]
    with pytest.raises(Exception, match="append-only"), store._days.journal.transaction() as tx:
        tx.execute("DELETE FROM trail")
    assert [] == store.holds.in_force()
    assert ["settled"] == [one.lift_reason for one in store.holds.all()]


def test_what_is_no_hold_is_refused(store: DuckDBStore) -> None:
    """No reason, a query that cannot be read or moves with time, an empty range; lifting twice or nothing."""
    for new in (
        NewHold(" "),
        NewHold("r", "@timestamp:>now-1d"),
        NewHold("r", from_at=5, to_at=5),
        NewHold("r", from_at=-1),
    ):
        with pytest.raises((InvalidError, QueryError)):
            store.holds.place(new, "ann", NOON)
    with pytest.raises(NotFoundError):
        store.holds.lift(7, "r", "ann", NOON)
    hold = store.holds.place(NewHold("r"), "ann", NOON)
    with pytest.raises(InvalidError):
        store.holds.lift(hold.id, "", "ann", NOON)
    store.holds.lift(hold.id, "r", "ann", NOON)
    with pytest.raises(ConflictError):
        store.holds.lift(hold.id, "r", "ann", NOON)


def test_sealed_files_without_a_seal_get_one(store: DuckDBStore, tmp_path: Path, clock: ManualClock) -> None:
    """After the loss of the journal the log goes on, and says that these checksums are of what was found."""
    apply(store)
    store.close()
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    again = DuckDBStore(tmp_path, clock)
    apply(again)
    assert [True] * 9 == [seal.adopted for seal in again._days.journal.seals().values()]
    assert [6] * 10 == left(again)
    again.close()


def test_a_drop_that_was_cut_off_is_finished(store: DuckDBStore, tmp_path: Path, clock: ManualClock) -> None:
    """Once it is in the journal a day is gone, whatever files of it are left."""
    store._days._finish_drop = lambda _: None  # type: ignore[method-assign]
    store.drop_day("2026-11-15")
    store.close()
    (tmp_path / "catalog.json").unlink()
    again = DuckDBStore(tmp_path, clock)
    assert [0] + [6] * 9 == left(again)
    assert 60 == again.mark("s")
    again.close()


def test_a_day_that_fails_is_left_alone_for_a_while(
    store: DuckDBStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are seen to; ten minutes later it is tried again."""
    seal, tried = Sealer.seal, []

    def failing(sealer: Sealer, day: str, *given: object, **named: object) -> object:
        tried.append(day)
        if day == "2026-11-15":
            raise StoreError("out of memory")
        return seal(sealer, day, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Sealer, "seal", failing)
    keeping = store.keeping(Policy())
    keeping.apply()
    keeping.apply()
    assert 9 == len(tried)
    assert [0] + [1] * 8 + [0] == [store._days.summary(day).generation for day in store._days.names()]
    clock.advance(10 * MINUTE)
    keeping.apply()
    assert ["2026-11-15"] == tried[9:]
