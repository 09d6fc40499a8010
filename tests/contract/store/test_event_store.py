"""What every event log promises, on every adapter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tocsin.core.clock import DAY, HOUR, MINUTE, from_iso
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Exists, Node, Not, OneOf, Or, Term
from tocsin.store.base import Batch, EventStore, Selection

NOON = from_iso("2026-11-24T12:00:00Z")
OpenStore = Callable[[], EventStore]


def event(seq: int, at: int = NOON, source: str = "s", message: str = "hello", **fields: Any) -> Event:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return Event(source, seq, at, at + 1, message, named)


def batch(*events: Event, source: str = "s", last_seq: int = 0) -> Batch:
    return Batch(source, events, last_seq or events[-1].seq)


def seqs(events: Sequence[Event]) -> list[int]:
    return [found.seq for found in events]


def stored(store: EventStore) -> list[int]:
    return sorted(found.seq for page in store.scan(Selection()) for found in page)


def both(store: EventStore, reopen: OpenStore) -> Iterator[EventStore]:
    """The log as it stands, then the same log after a restart."""
    yield store
    yield reopen()


def test_new_log_is_empty(store: EventStore) -> None:
    """An empty log answers every question."""
    assert 0 == store.last_commit() == store.mark("s") == store.count(Selection())
    assert [] == list(store.follow(0)) == list(store.days()) == list(store.fields(Selection()))
    assert [] == list(store.search(Selection()).events) == list(store.histogram(Selection(), width=1))
    assert [] == list(store.top(Selection(), field="user.name"))


def test_event_comes_back_as_it_went_in(store: EventStore, reopen: OpenStore) -> None:
    """Every type of value, the raw bytes and odd text survive storage and a restart."""
    original = Event(
        "agent:1/var/log/x y",
        7,
        NOON + 123_456,
        NOON + 5,
        "caf\xe9 \x00 \U0001f600 'quoted' \n",
        {
            "source.ip": "10.0.0.1",
            "rule.level": 12,
            "rule.groups": ["a", "b"],
            "data.float": 1.5,
            "data.yes": True,
            "data.none": "",
            "data.mixed": ["x", 1, False, 2.5],
            "odd 'name'\"": "\x00\\",
        },
        b"\xff\x00raw",
    )
    store.commit(batch(original, source=original.source))
    assert [original] == list(store.get([original.id]))
    assert [original] == list(reopen().get([original.id]))


def test_commit_counts_and_marks(store: EventStore) -> None:
    """A commit says what it stored and moves the mark of its source alone."""
    done = store.commit(batch(event(1), event(2), last_seq=5))
    assert (1, 2, 0) == (done.number, done.stored, done.duplicates)
    store.commit(batch(event(1, source="t"), source="t"))
    assert {"s": 5, "t": 1} == dict(store.marks())
    assert 2 == store.last_commit()


def test_batch_without_events_moves_the_mark(store: EventStore, reopen: OpenStore) -> None:
    """Records that were all refused are still accounted for, durably and without a commit number."""
    assert 0 == store.commit(Batch("s", (), 9)).number
    assert 9 == reopen().mark("s")


def test_resend_changes_nothing(store: EventStore) -> None:
    """The same batch twice: all duplicates, number 0, one copy."""
    store.commit(batch(event(1), event(2)))
    again = store.commit(batch(event(1), event(2)))
    assert (0, 0, 2) == (again.number, again.stored, again.duplicates)
    assert [1, 2] == stored(store)


def test_resend_with_other_borders(store: EventStore, reopen: OpenStore) -> None:
    """A batch that overlaps what is there stores only what is new, also after a restart."""
    store.commit(batch(event(1), event(2), event(3)))
    store = reopen()
    done = store.commit(batch(event(2), event(3), event(4)))
    assert (1, 2) == (done.stored, done.duplicates)
    assert [1, 2, 3, 4] == stored(store)


def test_malformed_batch_is_refused(store: EventStore) -> None:
    """Sequences must rise, belong to the source and not exceed the batch's last."""
    for wrong in (batch(event(2), event(1)), batch(event(1, source="t")), Batch("s", (event(3),), 2)):
        with pytest.raises(InvalidError):
            store.commit(wrong)
    assert 0 == store.count(Selection())


def test_batch_that_spans_days(store: EventStore) -> None:
    """Each event falls on the day of its time; order, counts and mark are those of one batch."""
    events = [event(1, NOON), event(2, NOON - DAY), event(3, NOON + DAY), event(4, NOON - DAY)]
    assert 4 == store.commit(batch(*events)).stored
    assert [("2026-11-23", 2), ("2026-11-24", 1), ("2026-11-25", 1)] == [
        (d.day, d.events) for d in store.days()
    ]
    assert [2, 4, 1, 3] == seqs(store.search(Selection(), order="oldest").events)
    assert 4 == store.mark("s")
    assert [1, 2, 3, 4] == sorted(found.event.seq for found in store.follow(0))


def test_follow_gives_whole_commits_in_order(store: EventStore, reopen: OpenStore) -> None:
    """Following from memory or, after a restart, from files gives the same, never part of a commit."""
    for first in range(1, 300, 10):
        at = NOON + (first % 3) * DAY
        store.commit(batch(*[event(first + n, at) for n in range(10)]))
    for log in both(store, reopen):
        followed: list[int] = []
        offset = 0
        while found := log.follow(offset, limit=25):
            assert 20 == len(found)
            assert [one.commit for one in found] == sorted(one.commit for one in found)
            offset = found[-1].commit
            followed += [one.event.seq for one in found]
        assert list(range(1, 301)) == followed
        assert 30 == offset == log.last_commit()


def test_follow_gives_one_commit_however_large(store: EventStore, reopen: OpenStore) -> None:
    """A commit larger than the limit comes alone and whole."""
    store.commit(batch(*[event(n) for n in range(1, 31)]))
    store.commit(batch(event(31)))
    for log in both(store, reopen):
        assert [1] * 30 == [found.commit for found in log.follow(0, limit=5)]
        assert [2] == [found.commit for found in log.follow(1, limit=5)]


def test_numbers_go_on_after_restart(store: EventStore, reopen: OpenStore) -> None:
    """Commit numbers never repeat."""
    store.commit(batch(event(1)))
    assert 2 == reopen().commit(batch(event(2))).number


def test_order_is_time_source_sequence(store: EventStore) -> None:
    """Events of one instant sort by source, then sequence; newest first is exactly the reverse."""
    store.commit(batch(event(2, source="b"), event(10, source="b"), source="b"))
    store.commit(batch(event(1, source="c"), source="c"))
    store.commit(batch(event(9, source="a"), source="a"))
    expected = ["a~9", "b~2", "b~10", "c~1"]
    assert expected == [found.id for found in store.search(Selection(), order="oldest").events]
    assert expected[::-1] == [found.id for found in store.search(Selection(), order="newest").events]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_are_stable_under_writes(store: EventStore, order: Any) -> None:
    """While events arrive at both ends, the pages give each event there was exactly once."""
    store.commit(batch(*[event(n, NOON + n * HOUR) for n in range(1, 31)]))
    seen: list[int] = []
    cursor = None
    for turn in range(100):
        page = store.search(Selection(), order=order, limit=4, cursor=cursor)
        seen += seqs(page.events)
        early, late = (
            event(100 + 2 * turn, NOON - turn * HOUR),
            event(101 + 2 * turn, NOON + (50 + turn) * HOUR),
        )
        store.commit(batch(early, late))
        cursor = page.cursor
        if cursor is None or set(range(1, 31)) <= set(seen):
            break
    assert list(range(1, 31)) == sorted(seq for seq in seen if seq <= 30)
    assert len(seen) == len(set(seen))


def test_last_page_has_no_cursor(store: EventStore) -> None:
    """A page that ends exactly at the last event says so."""
    store.commit(batch(*[event(n) for n in range(1, 5)]))
    page = store.search(Selection(), limit=2)
    assert page.cursor is not None
    assert store.search(Selection(), limit=2, cursor=page.cursor).cursor is None


def test_cursor_fits_only_its_search(store: EventStore) -> None:
    """A cursor of another selection or order, or junk, is refused."""
    store.commit(batch(event(1), event(2)))
    cursor = store.search(Selection(), limit=1).cursor
    with pytest.raises(InvalidError):
        store.search(Selection(), limit=1, order="oldest", cursor=cursor)
    with pytest.raises(InvalidError):
        store.search(Selection(Term("user.name", "x")), limit=1, cursor=cursor)
    for junk in ("", "zz", "5b5d", "00"):
        with pytest.raises(InvalidError):
            store.search(Selection(), cursor=junk)


def test_range_includes_its_start_only(store: EventStore) -> None:
    """`from_at <= at < to_at`, over days, for every kind of read."""
    store.commit(batch(*[event(n, NOON + n * DAY, user__name="u") for n in range(1, 5)]))
    selection = Selection(from_at=NOON + 2 * DAY, to_at=NOON + 4 * DAY)
    assert [2, 3] == seqs(store.search(selection, order="oldest").events)
    assert 2 == store.count(selection)
    assert [2, 3] == [seq for page in store.scan(selection, batch=1) for seq in seqs(page)]
    assert [("u", 2)] == [(top.value, top.count) for top in store.top(selection, field="user.name")]
    assert [(NOON + 2 * DAY, 1), (NOON + 3 * DAY, 1)] == [
        (bucket.start, bucket.count) for bucket in store.histogram(selection, width=12 * HOUR)
    ]
    assert 4 == store.count(Selection(from_at=-(10**30), to_at=10**30))


def test_search_by_query(store: EventStore) -> None:
    """Queries select by any field, in columns or not, single or list, and by words."""
    store.commit(
        batch(
            event(1, message="Failed password for root", source__ip="10.1.2.3", rule__level=5, data__x="Q"),
            event(2, message="Accepted password", source__ip="192.168.0.1", rule__level=3),
            event(3, message="other", user__name=["Root", "admin"], rule__groups=["sshd", "auth"]),
        )
    )
    for text, expected in {
        "failed password": [1],
        '"failed password"': [1],
        "password": [1, 2],
        "source.ip:10.0.0.0/8": [1],
        "rule.level:>=5": [1],
        "data.x:q": [1],
        "NOT data.x:q": [2, 3],
        "user.name:root": [3],
        "rule.groups:auth": [3],
        "_exists_:rule.groups": [3],
        "_id:s~2": [2],
        "event.sequence:[2 TO 3]": [2, 3],
        "*word*": [1, 2],
        "user.name:*": [3],
        "data.absent:*": [],
    }.items():
        selection = Selection(parse_lucene(text))
        assert expected == seqs(store.search(selection, order="oldest").events), text
        assert len(expected) == store.count(selection), text


def test_queries_may_be_large(store: EventStore) -> None:
    """Thousands of values of any field, many alternatives and deep nesting are answered."""
    events = [event(seq, NOON + seq, message=f"line {seq}", user__name=f"u{seq}") for seq in range(1, 1_301)]
    store.commit(batch(*events))
    deep: Node = Term("user.name", "u7")
    for _ in range(50):
        deep = And((Or((deep, Term("user.name", "nobody"))), Not(Term("user.name", "else"))))
    for query, expected in (
        (OneOf("_id", tuple(one.id for one in events), cased=True), 1_300),
        (OneOf("@timestamp", tuple(one.at for one in events)), 1_300),
        (OneOf("message", tuple(one.message for one in events)), 1_300),
        (OneOf("user.name", tuple(f"U{seq}" for seq in range(1, 1_301))), 1_300),
        (Or(tuple(Exists(f"data.absent{n}") for n in range(1_100))), 0),
        (deep, 1),
    ):
        assert expected == store.count(Selection(query))


def test_get_keeps_the_order_asked_for(store: EventStore) -> None:
    """Unknown and malformed identifiers are left out; days do not matter."""
    store.commit(batch(event(1, NOON), event(2, NOON + DAY), event(3, NOON)))
    ids = ["s~3", "nothing", "s~99", "x~1", "s~2", f"s~{2**70}", "s~1"]
    assert [3, 2, 1] == seqs(store.get(ids))


def test_around_gives_neighbours_of_the_same_host(store: EventStore) -> None:
    """Neighbours are of the same host whatever their source, in order, the event among them."""
    store.commit(batch(*[event(n, NOON + n * HOUR, host__name="h") for n in range(1, 30)]))
    store.commit(batch(event(1, NOON + 14 * HOUR, source="t", host__name="h"), source="t"))
    store.commit(batch(event(1, NOON + 14 * HOUR, source="v", host__name="other"), source="v"))
    found = [one.id for one in store.around("s~14", before=2, after=2)]
    assert ["s~12", "s~13", "s~14", "t~1", "s~15"] == found
    with pytest.raises(NotFoundError):
        store.around("s~99")


def test_around_falls_back_to_the_source(store: EventStore) -> None:
    """Without a host, the neighbours are those of the same source."""
    store.commit(batch(event(1), event(2), event(3)))
    store.commit(batch(event(1, source="t"), source="t"))
    assert [1, 2, 3] == seqs(store.around("s~2"))
    assert [2] == seqs(store.around("s~2", before=0, after=0))


def test_histogram_is_aligned_to_the_epoch(store: EventStore) -> None:
    """Buckets start at multiples of the width and empty ones are left out."""
    store.commit(batch(event(1, NOON + 1), event(2, NOON + 2), event(3, NOON + 5 * MINUTE)))
    buckets = store.histogram(Selection(), width=MINUTE)
    assert [(NOON, 2), (NOON + 5 * MINUTE, 1)] == [(bucket.start, bucket.count) for bucket in buckets]
    with pytest.raises(InvalidError):
        store.histogram(Selection(), width=0)


def test_top_counts_values(store: EventStore) -> None:
    """Most events first, ties by value; a list counts each of its values once; numbers are numbers."""
    store.commit(
        batch(
            event(1, user__name="b", rule__level=3, data__n=["x", "x", "y"]),
            event(2, user__name="a", rule__level=3, data__n="y"),
            event(3, NOON + DAY, user__name=["a", "c"], rule__level=12),
        )
    )

    def top(field: str, size: int = 10) -> list[tuple[Any, int]]:
        return [(found.value, found.count) for found in store.top(Selection(), field=field, size=size)]

    assert [("a", 2), ("b", 1), ("c", 1)] == top("user.name")
    assert [("a", 2)] == top("user.name", 1)
    assert [(3, 2), (12, 1)] == top("rule.level")
    assert [("y", 2), ("x", 1)] == top("data.n")
    assert [("s", 3)] == top("event.source")


def test_fields_are_counted_and_typed(store: EventStore, reopen: OpenStore) -> None:
    """Declared fields have their declared type, others that of their values; counts grow with commits."""
    first = event(1, user__name="u", data__n=5, data__f=1.5, data__b=True, data__l=[1, 2])
    store.commit(batch(first))

    def fields(log: EventStore) -> dict[str, tuple[str, int]]:
        return {seen.name: (seen.type, seen.count) for seen in log.fields(Selection())}

    assert ("long", 1) == fields(store)["data.n"]
    store.commit(batch(event(2, data__n=6), event(3, NOON + DAY, data__n=7)))
    for log in both(store, reopen):
        found = fields(log)
        assert ("keyword", 1) == found["user.name"]
        assert ("long", 3) == found["data.n"]
        assert ("double", 1) == found["data.f"]
        assert ("boolean", 1) == found["data.b"]
        assert ("long", 1) == found["data.l"]
        assert ("date", 3) == found["@timestamp"]
    assert "user.name" not in {seen.name for seen in log.fields(Selection(from_at=NOON + HOUR * 13))}


def test_days_tell_their_commits(store: EventStore, reopen: OpenStore) -> None:
    """Each day tells its size and the commits it holds, also after a restart."""
    store.commit(batch(event(1, NOON)))
    store.commit(batch(event(2, NOON + DAY)))
    store.commit(batch(event(3, NOON)))
    for log in both(store, reopen):
        days = [(day.day, day.events, day.first_commit, day.last_commit) for day in log.days()]
        assert [("2026-11-24", 2, 1, 3), ("2026-11-25", 1, 2, 2)] == days
        assert all(day.size_bytes > 0 for day in log.days())


def test_dropped_day_is_gone_for_good(store: EventStore, reopen: OpenStore) -> None:
    """Its events cannot be found, the marks stay, and a resend does not bring them back."""
    store.commit(batch(event(1, NOON), event(2, NOON + DAY)))
    store.commit(batch(event(1, NOON, source="t"), source="t"))
    store.drop_day("2026-11-24")
    for log in both(store, reopen):
        assert [2] == stored(log)
        assert {"s": 2, "t": 1} == dict(log.marks())
        assert 0 == log.commit(batch(event(1, NOON), event(2, NOON + DAY))).stored
        assert [] == list(log.get(["s~1", "t~1"]))
        assert [2] == [found.event.seq for found in log.follow(0)]
    assert 4 == log.commit(batch(event(3, NOON))).number
    with pytest.raises(NotFoundError):
        log.drop_day("2020-01-01")


def test_numbers_and_marks_outlive_the_last_day(store: EventStore, reopen: OpenStore) -> None:
    """With every day dropped, neither marks nor commit numbers start again."""
    store.commit(batch(event(1)))
    store.drop_day("2026-11-24")
    store = reopen()
    assert 1 == store.mark("s") == store.last_commit()
    assert 2 == store.commit(batch(event(2))).number


def test_values_json_cannot_hold(store: EventStore) -> None:
    """NaN, huge numbers and broken surrogates are kept as text instead of stopping the batch."""
    odd = event(
        1, message="x\ud800", data__nan=float("nan"), data__big=2**80, data__s="\udfff", data__l=[2**80]
    )
    store.commit(batch(odd))
    (found,) = store.get(["s~1"])
    assert "x?" == found.message
    assert {"data.nan": "nan", "data.big": str(2**80), "data.s": "?", "data.l": [str(2**80)]} == found.fields


def test_reads_go_on_while_others_write(store: EventStore) -> None:
    """Readers in threads never fail and see every event committed before they ask."""
    errors: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                known = store.mark("s")
                assert store.count(Selection()) >= known
                assert len(store.search(Selection(), limit=5).events) <= 5
                store.follow(0, limit=10)
        except Exception as error:  # noqa: BLE001  # any failure of a thread is one of the test
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(1, 41):
        store.commit(batch(event(n, NOON + (n % 3) * DAY, user__name="u")))
    stop.set()
    for reader in readers:
        reader.join()
    assert [] == errors
    assert list(range(1, 41)) == stored(store)
