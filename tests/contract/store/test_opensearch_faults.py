"""What the log on OpenSearch promises when it is cut off, refused, blocked or too busy; on a real node."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from harness.opensearch import indices, own_opensearch
from harness.waiting import PATIENCE_S
from tocsin.core.clock import DAY, from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.aggregation import (
    Aggregation,
    Buckets,
    Cardinality,
    DateHistogram,
    Number,
    Percentiles,
    Ranks,
    Terms,
)
from tocsin.query.intervals import Interval
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Exists, Regex, Term, Wildcard
from tocsin.store.base import Batch, Selection, StoreError, StoreFullError
from tocsin.store.opensearch import aggregating, commits, commonest, counting, reading
from tocsin.store.opensearch.client import Access, Client, RefusedError, UnavailableError
from tocsin.store.opensearch.commits import CommitLog
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.store.opensearch.writing import EventWriter

NOON = from_iso("2026-11-24T12:00:00Z")


def event(seq: int, day: int = 0, **fields: Any) -> Event:
    return Event("s", seq, NOON + day * DAY, NOON, f"line {seq}", fields or {"data.n": seq})


def stored(store: OpenSearchStore) -> list[int]:
    return sorted(one.seq for page in store.scan(Selection()) for one in page)


def followed(store: OpenSearchStore) -> list[int]:
    return sorted(one.event.seq for one in store.follow(0, limit=10_000))


EVENTS = [event(n, n % 3) for n in range(1, 13)]
BATCHES = [EVENTS[0:5], EVENTS[5:6], EVENTS[6:12]]
OTHER_BORDERS = [EVENTS[0:2], EVENTS[2:9], EVENTS[9:12]]


class _KilledError(Exception):
    """Stands for the process being killed while a request is under way."""


@pytest.fixture
def layout(opensearch: str) -> Iterator[Layout]:
    """Indices of this test alone."""
    with indices(opensearch) as names:
        yield names


@pytest.fixture
def store(opensearch: str, layout: Layout) -> Iterator[OpenSearchStore]:
    """An empty log that loses patience quickly."""
    made = opened(opensearch, layout)
    yield made
    made.close()


def opened(url: str, layout: Layout, owner: str = "one folder", **more: Any) -> OpenSearchStore:
    access = Access((url,), patience_s=2)
    return OpenSearchStore(access, layout, sleep=lambda _: None, owner=owner, **more)


def refuse(
    monkeypatch: pytest.MonkeyPatch, what: Any, *, path: str = "", times: int = 1_000, lost: bool = False
) -> None:
    """Let requests to a path fail so many times; `lost` ones are carried out before."""
    original = Client._ask
    left = times

    def ask(self: Client, method: str, to: str, *more: Any) -> Any:
        nonlocal left
        if (not to.endswith(path) and f"/{path}/" not in to) or left <= 0:
            return original(self, method, to, *more)
        left -= 1
        if lost:
            original(self, method, to, *more)
        raise what

    monkeypatch.setattr(Client, "_ask", ask)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 7])
def test_cut_off_at_any_request(
    opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch, moment: int, *, lost: bool
) -> None:
    """Stopped at any request, before or after the server did it, and resent: each event once in the end.

    Nothing acknowledged is lost, and whoever follows never sees what has no record yet.
    """
    store = opened(opensearch, layout)
    original, passed = Client._ask, 0

    def ask(self: Client, method: str, path: str, *more: Any) -> Any:
        nonlocal passed
        if method in ("POST", "PUT") and ("_bulk" in path or "_create" in path):
            passed += 1
            if passed > moment:
                if lost and passed == moment + 1:
                    original(self, method, path, *more)
                raise _KilledError
        return original(self, method, path, *more)

    monkeypatch.setattr(Client, "_ask", ask)
    acknowledged = 0
    try:
        for part in BATCHES:
            store.commit(Batch("s", part, part[-1].seq))
            acknowledged = part[-1].seq
    except _KilledError:
        pass
    monkeypatch.setattr(Client, "_ask", original)
    store.close()
    found = opened(opensearch, layout)
    assert found.mark("s") >= acknowledged
    assert list(range(1, found.mark("s") + 1)) == followed(found)
    assert set(followed(found)) <= set(stored(found))
    for part in BATCHES if moment % 2 else OTHER_BORDERS:
        found.commit(Batch("s", part, part[-1].seq))
    assert list(range(1, 13)) == stored(found) == followed(found)
    assert 12 == found.mark("s")
    found.close()


def test_unfinished_commit_is_searched_until_the_next_writer(
    store: OpenSearchStore, opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events without a record are findable, not followed; who writes next deletes them, no reader does."""
    store.commit(Batch("s", EVENTS[:1], 1))
    with monkeypatch.context() as patch:
        refuse(patch, _KilledError, path="_create")
        with pytest.raises(_KilledError):
            store.commit(Batch("s", EVENTS[1:3], 3))
    again = opened(opensearch, layout)
    assert [1, 2, 3] == stored(again)
    assert [1] == followed(again)
    again.begin_writing()
    assert [1] == stored(again)
    done = again.commit(Batch("s", EVENTS[1:3], 3))
    assert (2, 0) == (done.stored, done.duplicates)
    assert [1, 2, 3] == followed(again) == stored(again)
    again.close()


def test_numbers_of_a_cut_off_commit_are_given_to_other_events(
    store: OpenSearchStore, opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver numbers anew after a crash: what is acknowledged then is stored, on whichever day it is.

    Nobody takes what was left behind for stored: it is not given by its identifier where the log is written.
    """
    left = [event(1), event(2, 1)]
    with monkeypatch.context() as patch:
        refuse(patch, _KilledError, path="_create")
        with pytest.raises(_KilledError):
            store.commit(Batch("s", left, 2))
    assert [] == store.get([one.id for one in left])
    others = [Event("s", 1, NOON + DAY, NOON, "other", {}), Event("s", 2, NOON + DAY, NOON, "second", {})]
    assert 2 == store.commit(Batch("s", others, 2)).stored
    assert others == [one for page in store.scan(Selection()) for one in page] == store.get(["s~1", "s~2"])
    assert others == [one.event for one in store.follow(0)]
    again = opened(opensearch, layout)
    assert others == [one.event for one in again.follow(0)]
    again.close()


def test_request_given_up_for_lost_is_carried_out_later(
    store: OpenSearchStore, opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that appears in the place of an event to be written was never acknowledged: replaced."""
    store.commit(Batch("t", [Event("t", 1, NOON, NOON, "first of the day", {})], 1))
    original = EventWriter.write

    def write(self: EventWriter, number: int, day: str, events: Any) -> None:
        original(self, number, day, [Event("s", 1, NOON, NOON, "late", {})])
        original(self, number, day, events)

    monkeypatch.setattr(EventWriter, "write", write)
    mine = Event("s", 1, NOON, NOON, "mine", {"data.n": 1})
    assert 1 == store.commit(Batch("s", [mine], 1)).stored
    assert [mine] == store.get([mine.id])
    assert 2 == store.count(Selection())


def test_lost_answer_of_a_record_is_found_out(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the record was made but its answer lost, the repeated request recognises its own work."""
    with monkeypatch.context() as patch:
        refuse(patch, UnavailableError("gone"), path="_create", times=1, lost=True)
        assert 2 == store.commit(Batch("s", [event(1), event(2)], 2)).stored
    assert 1 == store.last_commit()
    assert [1, 2] == followed(store)


def test_commit_in_doubt_is_cleared_up_before_the_next(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every answer about a record lost the batch is not acknowledged; the next commit knows better."""
    with monkeypatch.context() as patch:
        original = Client._ask
        carried_out: list[str] = []

        def ask(self: Client, method: str, path: str, *more: Any) -> Any:
            if "_create/c" in path or carried_out:
                if not carried_out:
                    original(self, method, path, *more)
                carried_out.append(path)
                raise UnavailableError("gone")
            return original(self, method, path, *more)

        patch.setattr(Client, "_ask", ask)
        with pytest.raises(StoreError):
            store.commit(Batch("s", [event(1)], 1))
    assert (0, 1) == (store.commit(Batch("s", [event(1)], 1)).stored, store.mark("s"))
    assert 2 == store.commit(Batch("s", [event(2)], 2)).number
    assert [1, 2] == followed(store)


def test_busy_server_is_waited_for(store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-pressure is no rejection: the request is repeated, and nothing is acknowledged if it lasts."""
    busy = RefusedError(429, "rejected_execution_exception", "queue is full")
    with monkeypatch.context() as patch:
        refuse(patch, busy, path="_bulk", times=3)
        assert 1 == store.commit(Batch("s", [event(1)], 1)).stored
    with monkeypatch.context() as patch:
        refuse(patch, busy, path="_bulk")
        with pytest.raises(StoreError):
            store.commit(Batch("s", [event(2)], 2))
    assert 1 == store.mark("s") == store.count(Selection())


def test_part_of_a_batch_is_refused_for_the_moment(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items that come back as too many are sent again, the others are not stored twice."""
    original, turns = Client.lines, 0

    def lines(self: Client, path: str, sent: Any, **more: Any) -> Any:
        nonlocal turns
        turns += 1
        answer = original(self, path, sent, **more)
        if turns == 1:
            busy = {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "full"}}
            answer["items"][0] = {"create": busy}
        return answer

    monkeypatch.setattr(Client, "lines", lines)
    assert 2 == store.commit(Batch("s", [event(1), event(2)], 2)).stored
    assert [1, 2] == stored(store)


def test_full_disk_is_told_apart(store: OpenSearchStore, opensearch: str, layout: Layout) -> None:
    """The block the server sets on its indices when a disk is nearly full is `StoreFullError`."""
    store.commit(Batch("s", [event(1)], 1))
    admin = Client(Access((opensearch,)))
    block = "index.blocks.read_only_allow_delete"
    admin.put(f"{layout.index('2026-11-24')}/_settings", {block: True})
    with pytest.raises(StoreFullError):
        store.commit(Batch("s", [event(2)], 2))
    assert 1 == store.mark("s") == store.count(Selection())
    admin.put(f"{layout.index('2026-11-24')}/_settings", {block: None})
    assert 1 == store.commit(Batch("s", [event(2)], 2)).stored
    admin.close()


def test_rejected_event_is_kept_with_the_reason(opensearch: str, layout: Layout) -> None:
    """An event with more fields than an index takes is kept, counted, and found by all of its fields."""
    few = Layout(layout.prefix, most_fields=320)
    store = opened(opensearch, few)
    plain = event(1, **{"data.n": 1, "user.name": "ann"})
    odd = event(2, **{f"data.field{n}": f"value {n}" for n in range(300)}, **{"user.name": "ann"})
    assert 2 == store.commit(Batch("s", [plain, odd], 2)).stored
    assert 1 == store.rejections()
    crowd = event(3, **{f"data.crowd{n}": n for n in range(1_001)})
    assert 1 == store.commit(Batch("s", [crowd], 3)).stored
    assert 2 == store.rejections()
    assert [odd, crowd] == list(store.get([odd.id, crowd.id]))
    for query in (Term("data.field7", "VALUE 7"), Exists("data.field299"), Wildcard("data.field7", "*7")):
        assert 1 == store.count(Selection(query)) == len(store.search(Selection(query)).events), query
    assert [("ann", 2)] == [(one.value, one.count) for one in store.top(Selection(), field="user.name")]
    kept = Client(Access((opensearch,))).post(
        f"{layout.alias}/_search", {"query": {"exists": {"field": "tocsin.rejected"}}}
    )
    assert "total fields" in kept["hits"]["hits"][0]["_source"]["tocsin"]["rejected"]
    store.close()


def test_few_events_that_are_not_indexed_do_not_slow_the_rest_down(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commonest values are counted by the server, and only in events it did not index one by one."""
    monkeypatch.setattr(counting, "MOST_LOOKED_AT", 3)
    crowd = {f"data.f{n}": n for n in range(1_001)}
    plain = [event(n, **{"user.name": f"u{n % 4}"}) for n in range(1, 13)]
    odd = [event(n, **crowd, **{"user.name": name}) for n, name in ((13, "u2"), (14, "new"), (15, "u2"))]
    store.commit(Batch("s", [*plain, *odd], 15))
    top = [(one.value, one.count) for one in store.top(Selection(), field="user.name", size=2)]
    assert [("u2", 5), ("u0", 3)] == top
    every = store.top(Selection(), field="user.name")
    assert [("u2", 5), ("u0", 3), ("u1", 3), ("u3", 3), ("new", 1)] == [(x.value, x.count) for x in every]
    assert [("s", 15)] == [(one.value, one.count) for one in store.top(Selection(), field="event.source")]
    with pytest.raises(InvalidError, match="narrow the time"):
        store.top(Selection(), field="message")


def test_values_too_long_for_the_index_are_found(store: OpenSearchStore) -> None:
    """Values and messages beyond a term's length are looked at themselves; counts stay exact."""
    long, longer = "x" * 9_000 + " end", "word " * 8_000 + "needle"
    one = Event("s", 1, NOON, NOON, longer, {"data.a": long, "user.name": "u"})
    store.commit(Batch("s", [one, event(2, **{"data.a": "short"})], 2))
    for query, expected in {
        Term("data.a", long.upper()): 1,
        Wildcard("data.a", "*end"): 1,
        Wildcard("message", "*needle"): 1,
        Term("data.a", "short"): 1,
        Exists("data.a"): 2,
        Wildcard("data.a", "*nothing*"): 0,
    }.items():
        assert expected == store.count(Selection(query)) == len(store.search(Selection(query)).events), query
    assert [(long, 1), ("short", 1)] == [
        (top.value, top.count)
        for top in sorted(store.top(Selection(), field="data.a"), key=lambda t: -len(t.value))
    ]


def test_what_the_server_cannot_decide_is_tested(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pattern with word borders has no counterpart there: pages and counts are right all the same."""
    events = [
        Event("s", n, NOON + n, NOON, "a cat" if n % 3 else "concat", {"data.n": n}) for n in range(1, 61)
    ]
    store.commit(Batch("s", events, 60))
    selection = Selection(Regex("message", r"\bcat\b"))
    assert 40 == store.count(selection)
    assert 40 == sum(bucket.count for bucket in store.histogram(selection, width=7))
    pages, cursor = [], None
    while True:
        page = store.search(selection, order="oldest", limit=7, cursor=cursor)
        pages += [found.seq for found in page.events]
        cursor = page.cursor
        if cursor is None:
            break
    assert [n for n in range(1, 61) if n % 3] == pages
    monkeypatch.setattr(reading, "_MOST_OPEN", 10)
    with pytest.raises(InvalidError, match="narrow the time"):
        store.count(selection)


def test_second_writer_is_refused(store: OpenSearchStore, opensearch: str, layout: Layout) -> None:
    """While one process writes another may read, and is told who writes; it may when that one is closed."""
    first = opened(opensearch, layout, "first", lease_s=0.6)
    first.commit(Batch("s", [event(1)], 1))
    second = opened(opensearch, layout, "second", lease_s=20)  # enough for a renewal on a busy machine
    with pytest.raises(StoreError, match=rf"process {os.getpid()} on .* since 20.*20 seconds later"):
        second.begin_writing()
    assert [1] == stored(second)
    first.commit(Batch("s", [event(2)], 2))
    first.close()
    second.commit(Batch("t", [Event("t", 1, NOON, NOON, "t", {})], 1))
    assert ({"s": 2, "t": 1}, 3) == (dict(second.marks()), second.last_commit())
    assert 3 == len(second.follow(0))
    second.close()


def test_writer_that_was_stopped_acknowledges_nothing_any_more(
    opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped just before its record while another takes over: its record is not acknowledged, and undone."""
    first = opened(opensearch, layout, "first", lease_s=0.6)
    first.commit(Batch("s", [event(1)], 1))
    second = opened(opensearch, layout, "second", lease_s=0.6)
    original = CommitLog._create
    # Nobody renews for the one that is stopped.
    monkeypatch.setattr(first._lease, "_renew", lambda **_: None)

    def stopped(self: CommitLog, identifier: str, document: Any) -> None:
        if document["source"] == "s":
            second.begin_writing()
            monkeypatch.undo()
        original(self, identifier, document)

    monkeypatch.setattr(CommitLog, "_create", stopped)
    with pytest.raises(StoreError, match="the right to write"):
        first.commit(Batch("s", [event(2)], 2))
    other = Event("t", 1, NOON, NOON, "t", {})
    assert 2 == second.commit(Batch("t", [other], 1)).number
    with pytest.raises(StoreError, match="the right to write"):
        first.commit(Batch("s", [event(2)], 2))
    assert [event(1), other] == [one.event for one in second.follow(0)]
    first.close()
    second.close()
    third = opened(opensearch, layout, "third")
    assert {"s": 1, "t": 1} == dict(third.marks())
    assert [event(1), other] == [one.event for one in third.follow(0)]
    assert 2 == third.count(Selection())
    third.close()


def _write_until_killed(url: str, layout: Layout, ready: Connection) -> None:
    store = opened(url, layout, "killed", lease_s=1)
    store.commit(Batch("s", [event(1)], 1))
    ready.send(True)
    ready.recv()


def test_writer_that_was_killed_is_succeeded(opensearch: str, layout: Layout) -> None:
    """Its own folder's next process writes at once, any other when the right is not renewed any more."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_write_until_killed, args=(opensearch, layout, theirs))
    process.start()
    assert ours.recv()
    other = opened(opensearch, layout, "other", lease_s=20)  # enough for a renewal on a busy machine
    with pytest.raises(StoreError, match=f"process {process.pid} "):
        other.begin_writing()
    process.kill()
    process.join()
    began = time.monotonic()
    again = opened(opensearch, layout, "killed", lease_s=10 * PATIENCE_S)
    again.begin_writing()
    assert time.monotonic() - began < PATIENCE_S
    again.close()
    other.begin_writing()
    assert {"s": 1} == dict(other.marks())
    other.close()


def test_right_of_a_dead_writer_is_taken_over_in_time(opensearch: str, layout: Layout) -> None:
    """What nobody renews is watched for as long as it is good, then taken."""
    first = opened(opensearch, layout, "first", lease_s=1_000)
    first.begin_writing()  # it would renew for the first time long after this test
    second = opened(opensearch, layout, "second", lease_s=0.6)
    began = time.monotonic()
    second.begin_writing()
    assert time.monotonic() - began >= 0.6
    second.close()
    first.close()


def test_next_host_takes_over(opensearch: str, layout: Layout) -> None:
    """A host that does not answer is passed over; with none left the error says so."""
    store = OpenSearchStore(Access(("http://127.0.0.1:1", opensearch), patience_s=PATIENCE_S), layout)
    assert 1 == store.commit(Batch("s", [event(1)], 1)).stored
    store.close()
    with pytest.raises(StoreError, match="does not answer"):
        OpenSearchStore(Access(("http://127.0.0.1:1",), patience_s=0.1), layout, sleep=lambda _: None)


def test_long_and_odd_identifiers(store: OpenSearchStore) -> None:
    """A source's name of any length and kind leads to one document, found by its identifier."""
    for source in ("agent:1/" + "p" * 600, "\u00e4\u20ac/with space#?&*~x", "a~1"):
        one = Event(source, 1, NOON, NOON, "m", {"odd =name": "v", "a.b": 1, "a": 2})
        store.commit(Batch(source, [one], 1))
        assert [one] == list(store.get([one.id]))
        assert 0 == store.commit(Batch(source, [one], 1)).stored
        assert 1 == store.count(Selection(Term("_id", one.id)))
    assert 3 == store.count(Selection(parse_lucene("a:2 AND a.b:1")))


@pytest.mark.slow
def test_node_killed_while_writing() -> None:
    """The node dies without warning in the middle of writing: what was acknowledged is there, all once.

    The log waits for the node to come back and goes on by itself.
    """
    with own_opensearch() as node:
        store = OpenSearchStore(
            Access((node.url,), timeout_s=PATIENCE_S, patience_s=5 * PATIENCE_S), Layout("killed")
        )
        acknowledged: list[int] = []
        stop, errors = threading.Event(), []

        def write() -> None:
            seq = 0
            while not stop.is_set():
                part = [event(seq + n, (seq + n) % 2) for n in range(1, 201)]
                try:
                    store.commit(Batch("s", part, part[-1].seq))
                except StoreError as error:
                    errors.append(error)
                    continue  # sent again, as a source does
                seq = part[-1].seq
                acknowledged.append(seq)

        writer = threading.Thread(target=write)
        writer.start()
        for rounds in (4, 8):
            while len(acknowledged) < rounds:
                stop.wait(0.02)
            node.kill()
            node.start()
        known = len(acknowledged)
        while len(acknowledged) < known + 3:
            stop.wait(0.02)
        stop.set()
        writer.join()
        store.close()
        again = OpenSearchStore(Access((node.url,)), Layout("killed"))
        assert list(range(1, acknowledged[-1] + 1)) == stored(again)
        assert acknowledged[-1] == again.mark("s")
        seen: list[int] = []
        offset = 0
        while found := again.follow(offset, 1_000):
            seen += [one.event.seq for one in found]
            offset = found[-1].commit
        assert list(range(1, acknowledged[-1] + 1)) == sorted(seen)
        again.close()


def test_estimates_are_marked(opensearch: str, layout: Layout) -> None:
    """Over few events nothing is estimated; over more the server estimates, near the truth, and says so."""
    store = OpenSearchStore(Access((opensearch,)), layout, exact_up_to=100)
    values = [{"data.n": n % 700, "user.name": f"u{n % 50}"} for n in range(1, 3_001)]
    events = [event(n, n % 2, **fields) for n, fields in enumerate(values, 1)]
    store.commit(Batch("s", events, len(events)))
    percents = Percentiles("data.n", (50.0, 99.0))
    tree = [
        Aggregation("users", Cardinality("user.name")),
        Aggregation("ranks", percents),
        Aggregation("days", DateHistogram("@timestamp", Interval(width=DAY)), (Aggregation("p", percents),)),
    ]
    found = store.aggregate(Selection(), tree)
    assert Number(50, approximate=True) == found["users"]
    assert isinstance(found["ranks"], Ranks)
    assert found["ranks"].approximate
    assert pytest.approx({50.0: 324, 99.0: 692}, rel=0.02) == found["ranks"].values
    few = store.aggregate(Selection(parse_lucene("user.name:u7")), tree)
    assert (Number(1), False) == (few["users"], few["ranks"].approximate)  # type: ignore[union-attr]
    assert [60] == [day.count for day in few["days"].buckets]  # type: ignore[union-attr]
    store.close()


def test_repeated_values_are_ranked_as_often_as_they_stand(store: OpenSearchStore) -> None:
    """A list that holds a number twice counts twice, though the server lists it once."""
    store.commit(Batch("s", [event(1, **{"data.n": [5, 5, 5, 9]}), event(2, **{"data.n": 9})], 2))
    found = store.aggregate(Selection(), [Aggregation("p", Percentiles("data.n", (50.0, 75.0)))])
    assert {"p": Ranks({50.0: 5, 75.0: 9})} == found


def test_commonest_of_very_many_values_over_days(
    store: OpenSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where days have more values than are given of each, the commonest are exact all the same."""
    monkeypatch.setattr(commonest, "LEAST_PER_SHARD", 4)
    monkeypatch.setattr(aggregating, "_PER_SHARD", 4)
    names = [f"u{n % 40}" if n % 3 else "often" for n in range(1, 241)]
    events = [event(n, n % 3, **{"user.name": name, "data.n": len(name)}) for n, name in enumerate(names, 1)]
    store.commit(Batch("s", events, len(events)))
    expected = sorted(Counter(names).items(), key=lambda one: (-one[1], one[0]))[:3]
    assert expected == [(one.value, one.count) for one in store.top(Selection(), field="user.name", size=3)]
    found = store.aggregate(Selection(), [Aggregation("t", Terms("user.name", size=3))])["t"]
    assert isinstance(found, Buckets)
    assert expected == [(bucket.key, bucket.count) for bucket in found.buckets]
    assert len(names) - sum(count for _, count in expected) == found.other


def test_follow_reads_large_and_many_commits(
    store: OpenSearchStore, opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that takes several answers is given whole; many small ones are asked for together."""
    monkeypatch.setattr(reading, "PAGE", 4)
    monkeypatch.setattr(reading, "_PARTS_OF_A_REQUEST", 3)
    monkeypatch.setattr(commits, "_RECORDS_OF_A_REQUEST", 5)
    seq = 0
    for size in (9, 1, 8, 1, 1, 2, 1, 1, 3):
        store.commit(Batch("s", [event(seq + n) for n in range(1, size + 1)], seq + size))
        seq += size
    again = opened(opensearch, layout)
    found: list[int] = []
    after = 0
    while page := again.follow(after, 20):
        found += [one.event.seq for one in page]
        after = page[-1].commit
    assert list(range(1, seq + 1)) == found
    again.close()


def test_other_tools_filter_by_the_names_of_the_catalogue(
    store: OpenSearchStore, opensearch: str, layout: Layout
) -> None:
    """OpenSearch Dashboards and the like ask by alias: terms, ranges, patterns, and what exists."""
    store.commit(Batch("s", [event(1, **{"user.name": "ann", "rule.level": 7}), event(2)], 2))
    assert 2 == store.count(Selection())  # after which both are findable
    client = Client(Access((opensearch,)))
    for query in (
        {"term": {"user.name": "ann"}},
        {"range": {"rule.level": {"gte": 5}}},
        {"wildcard": {"user.name": "a*"}},
        {"exists": {"field": "rule.level"}},
        {"query_string": {"query": "user.name:ann AND rule.level:>6"}},
    ):
        assert 1 == client.post(f"{layout.alias}/_count", {"query": query})["count"], query
    client.close()
