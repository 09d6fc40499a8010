"""What rules hold is kept once for all of them, as long as one needs it, and read back for each."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import delete, func, insert, select, update

from tocsin.core.clock import HOUR, MINUTE
from tocsin.detect.loader import read_text
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.runs.document import hit_of
from tocsin.detect.runs.held import Fresh, HeldPieces, Holding, Piece
from tocsin.detect.tables import HeldPieceRow, HeldRow, RunRow


def counting(name: str, more: str = ""):
    text = (
        f"name: {name}\ntype: frequency\nnum_events: 3\ntimeframe: {{minutes: 30}}\nindex: x\n"
        f"query_key: user.name\nfilter: []\nalert: debug\n{more}"
    )
    return read_text(f"{name}.yml", text).rule


def numbers(database):
    with database.read() as tx:
        return list(tx.scalars(select(HeldPieceRow.number).order_by(HeldPieceRow.number)))


def told(rig):
    return sorted((found.rule_id, tuple(each.id for each in found.events)) for found in rig.sink.detections)


def test_an_event_is_written_once_for_all_rules(rig, event):
    """However many hold it, and with all it has."""
    first, second = event(1, user__name="ann", a=[1, "x"], b=1.5, c=True), event(2, at=1, user__name="bob")
    rig.log.commit(first, second)
    rig.detector(counting("one"), counting("two")).step()
    with rig.database.read() as tx:
        (blob,) = tx.scalars(select(HeldPieceRow.events))
    piece = msgspec.msgpack.decode(blob, type=Piece)
    assert piece.rules == ["one", "two"]
    assert [first, second] == [each.event() for each in piece.events]
    assert [[0, 1], [0, 1]] == [each.rules for each in piece.events]


@pytest.mark.parametrize("more", ["", "include: [user.name]\n", "query_key: [user.name, a]\n"])
def test_what_was_held_is_read_back_as_it_was(rig, event, monkeypatch, more):
    """A rule's document is made of the event again: its fields, its compound key."""
    rule = counting("one") if not more.startswith("query") else None
    rule = rule or read_text("one.yml", counting("one").text.replace("query_key: user.name\n", more)).rule
    if more.startswith("include"):
        rule = counting("one", more)
    events = [event(number, at=number, user__name="ann", a=number) for number in (1, 2)]
    rig.log.commit(*events)
    rig.detector(rule).step()
    restored = []
    monkeypatch.setattr(
        "tocsin.detect.runs.exact.ExactRun.restore", lambda _run, _state, held, _at: restored.append(held)
    )
    rig.log.commit(event(3, at=3))
    rig.detector(rule).step()
    assert [[(hit_of(rule.watch, each), each.received_at) for each in events]] == restored


def test_counting_goes_on_over_a_restart(rig, event):
    """With every rule's own events."""
    rules = counting("one"), counting("two", "use_local_time: true\n")
    for number in (1, 2, 3):
        rig.log.commit(event(number, at=number, user__name="ann"))
        rig.detector(*rules).step()
    ids = ("test~1", "test~2", "test~3")
    assert [("one", ids), ("two", ids)] == told(rig)


def test_a_piece_goes_when_no_rule_needs_it(rig, event):
    """Its events are settled for each, and the numbers go on after it."""
    rules = counting("one"), counting("two")
    detector = rig.detector(*rules)
    for number in range(4):
        rig.log.commit(event(number, at=number * 3_600, user__name="ann"))
        detector.step()
    assert numbers(rig.database) == [4]
    rig.log.commit(event(9, at=9 * 3_600))
    detector.step()
    assert numbers(rig.database) == [5]
    with rig.database.write() as tx:
        tx.execute(delete(HeldPieceRow))
    rig.log.commit(event(10, at=9 * 3_600 + 1, user__name="ann"))
    rig.detector(*rules).step()
    assert numbers(rig.database) == [6]


def test_a_rule_begun_anew_takes_nothing_of_its_run_before(rig, event):
    """Switched off and on again, the same wording begins without what it held."""
    one, two = counting("one"), counting("two")
    detector = rig.detector(one, two)
    rig.log.commit(event(1, user__name="ann"), event(2, at=1, user__name="ann"))
    detector.step()
    for seq, rules in ((3, (two,)), (4, (one, two))):
        detector.use(RuleSet(rules))
        rig.log.commit(event(seq, at=seq))
        detector.step()
    rig.log.commit(event(5, at=5, user__name="ann"))
    rig.detector(one, two).step()
    assert [("two", ("test~1", "test~2", "test~5"))] == told(rig)


def test_rows_of_an_earlier_version_are_read(rig, event):
    """One a rule and event; each goes when the rule lets go of it."""
    rule = counting("one")
    events = [event(number, at=number, user__name="ann") for number in (1, 2)]
    rig.log.commit(*events)
    rig.detector(rule).step()
    with rig.database.write() as tx:
        tx.execute(delete(HeldPieceRow))
        tx.execute(update(RunRow).values(held_from=0, gone_at=None, gone_piece=0))
        tx.execute(insert(HeldRow), [row_of(rule, each) for each in events])
    detector = rig.detector(rule)
    rig.log.commit(event(3, at=3, user__name="ann"))
    detector.step()
    assert [("one", ("test~1", "test~2", "test~3"))] == told(rig)
    rig.log.commit(event(4, at=4 * 3_600))
    detector.step()
    with rig.database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(HeldRow)) == 0


def row_of(rule, event):
    hit = hit_of(rule.watch, event)
    document = msgspec.msgpack.encode(hit.fields)
    row = {"rule_id": rule.id, "event_id": hit.id, "at": hit.at, "seen_at": event.received_at}
    return {**row, "document": document}


def test_what_a_rule_let_go_of_is_not_held():
    """A late event of a later piece is, though it is older."""
    holding = Holding(2)
    assert [False, True] == [holding.has(1, 5), holding.has(2, 5)]
    holding.let_go(10, 3)
    assert [False, True, True] == [holding.has(3, 10), holding.has(3, 11), holding.has(4, 5)]


def test_rules_that_look_back_further_do_not_keep_what_others_hold(rig, event):
    """What is held for a week stands in other pieces than what is held for an hour."""
    events = {each.id: each for each in (event(1), event(2))}
    pieces = HeldPieces()
    with rig.database.write() as tx:
        fresh = [Fresh("a", HOUR, ["test~1"]), Fresh("b", 200 * HOUR, ["test~2"])]
        pieces.write(tx, [*fresh, Fresh("c", HOUR + MINUTE, ["test~1", "test~2"])], events)
    with rig.database.read() as tx:
        read = [(piece.rules, [each.seq for each in piece.events]) for _, piece in HeldPieces().read(tx)]
    assert read == [(["a", "c"], [1, 2]), (["b"], [2])]
    assert numbers(rig.database) == [1, 2]
    with rig.database.write() as tx:
        pieces.drop(tx, lambda rule_id, _number, _newest_at: rule_id == "b")
    assert numbers(rig.database) == [2]
