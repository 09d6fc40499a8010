"""Exceptions hold matches back for every kind of rule, are counted, expire by the clock and leave a trail."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, MINUTE
from tocsin.core.errors import InvalidError, NotFoundError, TocsinError
from tocsin.core.event import Event
from tocsin.detect.builtin import level_rule
from tocsin.detect.exception_book import ExceptionBook, ExceptionDraft
from tocsin.detect.loader import read_text
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import ExceptionRow

ALICE = Actor("user", "alice")
HEAD = "name: {name}\nindex: x\nalert: debug\nfilter: [{{exists: {{field: user.name}}}}]\n"
BURST = HEAD.format(name="burst") + (
    "type: frequency\nnum_events: 3\ntimeframe: {minutes: 10}\nquery_key: user.name\nrealert: {minutes: 0}\n"
)
FLAT = HEAD.format(name="flat") + "type: flatline\nthreshold: 1\ntimeframe: {minutes: 10}\n"
SIGMA = """title: Root
id: 6b1a7a3e-36a6-4b0d-9d4c-2d3c0b3e1f0b
logsource: {product: linux}
detection:
  selection: {user.name: root}
  condition: selection
"""


class Trail:
    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []

    def record(self, tx, actor, action, *, kind, subject, details=None):
        self.entries.append((str(actor), action, kind))


@pytest.fixture
def trail():
    return Trail()


@pytest.fixture
def book(rig, trail):
    rules = RuleSet(
        [level_rule(), *(read_text(f"{at}.yml", text).rule for at, text in enumerate((BURST, FLAT)))]
    )
    return ExceptionBook(rig.clock, trail, lambda: rules)


@pytest.fixture
def add(rig, book):
    def add(condition: str, rule_id: str = "", days: float = 1) -> str:
        draft = ExceptionDraft(condition, "known", rig.clock.now() + int(days * DAY), rule_id)
        with rig.database.write() as tx:
            return str(book.add(tx, draft, ALICE).id)

    return add


def row(rig: Any, book: ExceptionBook, identifier: str) -> Any:
    with rig.database.read() as tx:
        return book.get(tx, identifier)


def test_a_level_rule_is_held_back_by_the_analysis_rule_it_names(rig, book, add, event):
    """Others of the same level alert; the exception counts what it held back, and when last."""
    kept = add("source.ip: 192.0.2.7", "5712")
    detector = rig.detector(level_rule())
    rig.log.commit(
        event(1, rule__level=10, rule__id="5712", source__ip="192.0.2.7"),
        event(2, at=60, rule__level=10, rule__id="5712", source__ip="192.0.2.7"),
        event(3, rule__level=10, rule__id="5712", source__ip="192.0.2.8"),
        event(4, rule__level=10, rule__id="5501", source__ip="192.0.2.7"),
    )
    detector.step()
    assert [("5712", "192.0.2.8"), ("5501", "192.0.2.7")] == [
        (found.rule_id, found.group_key) for found in rig.sink.detections
    ]
    found = row(rig, book, kept)
    assert (2, rig.clock.now() + MINUTE) == (found.hits, found.last_hit_at)


def test_an_event_held_back_does_not_fill_a_window(rig, add, event):
    """Two of three logins count, which is too few; of every rule, Sigma's too."""
    add("source.ip: 192.0.2.7")
    sigma = read_text("root.yml", SIGMA).rule
    detector = rig.detector(read_text("burst.yml", BURST).rule, sigma)
    linux = {"host__os__type": "linux", "user__name": "root"}
    rig.log.commit(*(event(seq, at=seq, source__ip="192.0.2.7", **linux) for seq in range(1, 3)))
    rig.log.commit(*(event(seq, at=seq, source__ip="192.0.2.9", **linux) for seq in range(3, 5)))
    detector.step()
    assert [[sigma.id], 2] == [
        [found.rule_id for found in rig.sink.detections],
        len(rig.sink.detections[0].events),
    ]
    rig.log.commit(event(5, at=5, source__ip="192.0.2.9", **linux))
    detector.step()
    assert "burst" in [found.rule_id for found in rig.sink.detections]


def test_it_ends_by_the_clock(rig, book, add, event):
    """The same event alerts once the exception has expired; what was counted stays to be seen."""
    kept = add("user.name: ann", days=1)
    detector = rig.detector(level_rule())
    rig.log.commit(event(1, rule__level=10, user__name="ann"))
    detector.step()
    assert [] == rig.sink.detections
    rig.clock.advance(DAY)
    rig.log.commit(event(2, rule__level=10, user__name="ann"))
    detector.step()
    assert 1 == len(rig.sink.detections)
    found = row(rig, book, kept)
    assert (1, True) == (found.hits, book.is_expired(found))


def test_a_batch_that_is_taken_again_counts_once(rig, book, add, event):
    """Hits commit with the offset."""
    kept = add("user.name: ann")
    detector = rig.detector(level_rule())
    rig.log.commit(event(1, rule__level=10, user__name="ann"), event(2, rule__level=10, user__name="bob"))
    rig.sink.fail = 1
    with pytest.raises(RuntimeError):
        detector.step()
    detector.step()
    assert 1 == row(rig, book, kept).hits


def test_a_rule_that_watches_for_silence_gets_no_louder(rig, add, event):
    """An exception of every rule leaves it its events; one of the rule itself is refused."""
    add("user.name: ann")
    with pytest.raises(InvalidError, match="louder"):
        add("user.name: ann", "flat")
    detector = rig.detector(read_text("flat.yml", FLAT).rule)
    rig.log.commit(*(event(seq, at=seq * 60, user__name="ann") for seq in range(1, 60)))
    detector.step()
    assert [] == rig.sink.detections


@pytest.mark.parametrize(
    ("condition", "rule_id", "days", "wrong"),
    [
        ("", "", 1, "needs a condition"),
        ("file.mtime:[now-1d TO now]", "", 1, "depends on the time of the search"),
        ("user.name: (", "", 1, "a condition is missing"),
        ("user.name: ann", "", 400, "within 366 days"),
        ("user.name: ann", "", -1, "in the future"),
        ("user.name: ann", "nope", 1, "no rule"),
    ],
)
def test_what_makes_no_sense_is_refused(add, condition, rule_id, days, wrong):
    """Without condition, unreadable, for ever, for an unknown rule."""
    with pytest.raises(TocsinError, match=wrong):
        add(condition, rule_id, days)


def test_every_change_leaves_a_trail(rig, book, add, trail):
    """Added, prolonged, removed; what does not change leaves none."""
    kept = add("user.name: ann", "burst")
    with rig.database.write() as tx:
        book.change(tx, kept, {"expires_at": rig.clock.now() + 9 * DAY}, ALICE)
        book.change(tx, kept, {"reason": "known"}, ALICE)
        with pytest.raises(InvalidError, match="cannot be changed"):
            book.change(tx, kept, {"hits": 0}, ALICE)
        assert [kept] == [each.id for each in book.list(tx, "burst")]
        assert [] == book.list(tx, "5712")
        book.remove(tx, kept, ALICE)
    assert [("alice", action, "exception") for action in ("create", "update", "delete")] == trail.entries
    with rig.database.read() as tx, pytest.raises(NotFoundError):
        book.get(tx, kept)


def test_removing_one_puts_the_rule_back(rig, book, add, event):
    """From the next batch on."""
    kept = add("user.name: ann")
    detector = rig.detector(level_rule())
    with rig.database.write() as tx:
        book.remove(tx, kept, ALICE)
    rig.log.commit(Event("t", 1, rig.clock.now(), rig.clock.now(), "", {"rule.level": 9, "user.name": "ann"}))
    detector.step()
    assert 1 == len(rig.sink.detections)


def test_a_condition_that_is_understood_no_more_holds_nothing_back(rig, add, event):
    """Detection goes on, louder rather than not at all; the other exceptions hold."""
    broken = add("user.name: eve")
    add("user.name: ann")
    with rig.database.write() as tx:
        tx.get(ExceptionRow, broken).condition = "user.name: ("
    rig.log.commit(event(1, user__name="eve", rule__level=9), event(2, user__name="ann", rule__level=9))
    rig.detector(level_rule()).step()
    assert [["test~1"]] == [[each.id for each in found.events] for found in rig.sink.detections]
