"""The engine follows the log and opens alerts exactly once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import ClassVar

import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import HOUR, MINUTE, SECOND
from tocsin.detect.builtin import indicator_rule, level_rule
from tocsin.detect.engine import OffsetMovedError
from tocsin.detect.flat import compile_flat
from tocsin.detect.kinds.spike import SpikeKind
from tocsin.detect.loader import load_folders, read_text
from tocsin.detect.mutes import MuteService
from tocsin.detect.rule import Window
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import OffsetRow, RuleRow, RunRow


@pytest.fixture
def brute(rule):
    return rule("event.outcome:failure", id="brute", key_fields=("source.ip",), window=Window(3, 2 * MINUTE))


def failures(event, first, count, ip="192.0.2.1"):
    return [event(first + n, at=n, event__outcome="failure", source__ip=ip) for n in range(count)]


def test_a_match_carries_its_events_key_and_reasons(rig, rule, event):
    """The detection names rule, version, group, the events and the conditions that held."""
    rig.log.commit(event(1), event(2, user__name="eve", source__ip="192.0.2.1"))
    assert rig.detector(rule("user.name:eve")).step() == 2
    (found,) = rig.sink.detections
    assert ("r1", "v1", "source.ip", "192.0.2.1") == (
        found.rule_id,
        found.rule_version,
        found.group_field,
        found.group_key,
    )
    assert ["test~2"] == [reference.id for reference in found.events]
    assert ['user.name: "eve"'] == [clause.condition for clause in found.clauses]


def test_matches_of_one_batch_and_group_are_one_detection(rig, event):
    """Five hundred events of one attacker are one write, with every event in it."""
    rig.log.commit(
        *[event(n, at=n, rule__level=10, rule__id="700210", source__ip="192.0.2.1") for n in range(1, 501)]
    )
    rig.detector(level_rule()).step()
    (found,) = rig.sink.detections
    assert len(found.events) == 500
    assert found.at == found.events[-1].at


def test_a_level_alert_names_the_analysis_rule(rig, event):
    """Its id, description, groups, techniques and the severity of its level; below the level, nothing."""
    fields = {
        "rule__id": "700211",
        "rule__description": "sshd: deploy logged in from 192.0.2.1 after failures",
        "rule__groups": ["intrusion"],
        "threat__technique__id": ["T1078"],
        "user__name": "deploy",
    }
    rig.log.commit(event(1, rule__level=12, **fields), event(2, rule__level=6, rule__id="1"))
    rig.detector(level_rule()).step()
    (found,) = rig.sink.detections
    assert ("700211", 3, "deploy") == (found.rule_id, found.severity, found.group_key)
    assert found.title == "sshd: deploy logged in from 192.0.2.1 after failures"
    assert (("intrusion",), ("T1078",)) == (found.tags, found.techniques)


def test_a_replaced_analysis_rule_opens_no_alert_of_its_own(rig, event):
    """Another rule says it better."""
    rig.log.commit(event(1, rule__level=10, rule__id="700210"), event(2, rule__level=10, rule__id="2"))
    rig.detector(level_rule(7, ["700210"])).step()
    assert ["2"] == [found.rule_id for found in rig.sink.detections]


def test_every_indicator_of_an_event_has_its_own_alert(rig, event):
    """Grouped by the indicator's value."""
    values = ["bad.example", "192.0.2.9"]
    rig.log.commit(event(1, threat__indicator__id=["i1", "i2"], threat__indicator__value=values))
    rig.detector(indicator_rule()).step()
    assert values == [found.group_key for found in rig.sink.detections]


def test_counting_goes_on_across_batches_and_restarts(rig, brute, event):
    """A kill in the middle of a burst neither loses nor repeats the alert."""
    first, second, third = failures(event, 1, 3)
    rig.log.commit(first)
    rig.detector(brute).step()
    rig.log.commit(second)
    rig.detector(brute).step()
    assert rig.sink.detections == []
    rig.log.commit(third)
    rig.detector(brute).step()
    assert [3] == [len(found.events) for found in rig.sink.detections]
    assert rig.detector(brute).step() == 0


def test_keys_are_counted_apart(rig, brute, event):
    """Two attackers below the threshold are no match together."""
    rig.log.commit(*failures(event, 1, 2), *failures(event, 10, 2, "192.0.2.2"))
    rig.detector(brute).step()
    assert rig.sink.detections == []


def test_a_failed_batch_is_repeated_whole(rig, brute, event):
    """Nothing of a transaction that failed remains: not the count, not the offset."""
    rig.log.commit(*failures(event, 1, 3))
    detector = rig.detector(brute)
    rig.sink.fail = 1
    with pytest.raises(RuntimeError):
        detector.step()
    assert rig.offset() == 0
    detector.step()
    assert [3] == [len(found.events) for found in rig.sink.detections]
    assert rig.offset() == 1


def test_the_hook_is_part_of_the_transaction(rig, rule, event):
    """A hook that fails takes the alert with it."""

    class Hook:
        fail = True
        seen: ClassVar[list] = []

        def on_outcome(self, tx, outcome, detection):
            if self.fail:
                raise RuntimeError("no")
            self.seen.append((outcome.alert_id, outcome.opened, detection.rule_id))

    hook = Hook()
    rig.hooks = [hook]
    rig.log.commit(event(1, source__ip="192.0.2.1"))
    detector = rig.detector(rule())
    with pytest.raises(RuntimeError):
        detector.step()
    assert rig.offset() == 0
    hook.fail = False
    rig.sink.detections.clear()
    detector.step()
    assert hook.seen == [("r1/192.0.2.1", True, "r1")]


def test_realert_is_counted_in_event_time(rig, rule, event):
    """Live and over history the same matches are dropped."""
    quiet = rule("a:1", grouped=False, realert=MINUTE)
    rig.log.commit(*[event(n, at=n * 20, a=1) for n in range(1, 8)])
    rig.detector(quiet).step()
    assert [3] == [len(found.events) for found in rig.sink.detections]
    with rig.database.read() as tx:
        row = tx.get(RuleRow, "r1")
        assert (row.matches, row.silenced) == (3, 4)


@pytest.mark.parametrize("value", [1, [1, 2]])
def test_one_rule_that_breaks_does_not_stop_the_others(rig, rule, event, monkeypatch, value):
    """Its failures are counted."""
    bad, good = rule("a:1 AND a:*", id="bad"), rule("a:1", id="good")

    def broken(_view):
        raise ValueError("bug")

    def compiled(node, **options):
        return broken if node == bad.node else compile_flat(node, **options)

    monkeypatch.setattr("tocsin.detect.index.compile_flat", compiled)
    rig.log.commit(event(1, a=value))
    detector = rig.detector(bad, good)
    detector.step()
    assert ["good"] == [found.rule_id for found in rig.sink.detections]
    assert detector.costs["bad"].errors == 1


def test_a_rule_switched_off_is_not_evaluated(rig, rule, event):
    """By the operator, or by its own text."""
    rig.log.commit(event(1, a=1))
    rules = [rule(id="a"), rule(id="b", enabled=False), rule(id="c", enabled=False)]
    rig.detector(*rules, switches={"a": False, "c": True}).step()
    assert ["c"] == [found.rule_id for found in rig.sink.detections]


def test_two_readers_of_one_name_do_not_both_record(rig, rule, event):
    """The second finds the offset moved and starts over from it."""
    rig.log.commit(event(1))
    one, other = rig.detector(rule()), rig.detector(rule())
    rig.batch = 1
    one.step()
    other._offset = 0
    with pytest.raises(OffsetMovedError):
        other.step()
    assert other.step() == 0
    assert len(rig.sink.detections) == 1


def test_lag_is_a_number(rig, rule, event):
    """Commits and milliseconds behind; zero when there is nothing unread."""
    detector = rig.detector(rule())
    rig.log.commit(event(1))
    rig.log.commit(event(2))
    assert (2, 0) == (detector.status().lag_commits, detector.status().lag_ms)
    rig.clock.advance(1_500_000)
    assert detector.status().lag_ms == 1_500
    detector.step()
    assert (0, 0, 2) == (detector.status().lag_commits, detector.status().lag_ms, detector.status().offset)


def test_alerts_are_announced_after_the_commit(rig, rule, event):
    """A listener that asks at once finds what it was told of."""
    rig.log.commit(event(1, source__ip="192.0.2.1"))
    with rig.announcer.listen() as heard:
        rig.detector(rule()).step()
        told = heard.get_nowait()
    assert ("alert", "r1/192.0.2.1") == (told.topic, told.subject)


def test_an_event_from_the_future_does_not_end_all_windows(rig, brute, event):
    """The watermark follows the clock of collection, not what a log claims."""
    first, second, third = failures(event, 1, 3)
    wild = event(99, at=100 * 365 * 24 * 3600)
    wild.received_at = first.received_at
    rig.log.commit(first, second, wild)
    detector = rig.detector(brute)
    detector.step()
    rig.log.commit(third)
    detector.step()
    assert len(rig.sink.detections) == 1


def test_the_thread_follows_notifies_and_survives_failures(rig, rule, event):
    """A batch that fails is tried again by itself, and counted."""
    detector = rig.detector(rule())
    stop, done = threading.Event(), threading.Event()
    rig.sink.fail = 1
    record = rig.sink.record

    def watched(tx, detection):
        outcome = record(tx, detection)
        done.set()
        return outcome

    rig.sink.record = watched
    thread = threading.Thread(target=detector.run, args=(stop,))
    thread.start()
    rig.log.commit(event(1))
    detector.notify()
    assert done.wait(PATIENCE_S)
    stop.set()
    detector.notify()
    thread.join(PATIENCE_S)
    assert detector.status().failures == 1
    assert "went away" in detector.status().last_error


def test_the_watermark_is_kept(rig, rule, event):
    """A restart knows how far event time had come."""
    rig.log.commit(event(1, at=3600))
    rig.detector(rule()).step()
    with rig.database.read() as tx:
        row = tx.get(OffsetRow, "main")
        assert row.watermark_at == rig.clock.now() + HOUR


def test_correlations_outlive_a_restart(rig, event, tmp_path):
    """Two matches before it and one after make three; the rule that is correlated is silent."""
    (tmp_path / "r.yml").write_text(
        "title: fail\nname: fail\nid: 11111111-1111-4111-8111-111111111111\n"
        "logsource: {product: linux, service: sshd}\ndetection: {s: {event.code: 11}, condition: s}\n"
        "---\ntitle: many\nid: 22222222-1111-4111-8111-111111111111\nlevel: high\ncorrelation:\n"
        "  type: event_count\n  rules: fail\n  group-by: [user.name]\n"
        "  timespan: 1h\n  condition: {gte: 3}\n",
        encoding="utf-8",
    )
    loaded = load_folders([tmp_path])

    def detector():
        made = rig.detector()
        made.use(RuleSet(loaded.rules, None, loaded.correlations))
        return made

    def failed(number):
        return event(number, at=number, event__code="11", process__name="sshd", user__name="ann")

    rig.log.commit(failed(1), failed(2))
    detector().step()
    assert [] == rig.sink.detections
    rig.log.commit(failed(3))
    detector().step()
    [found] = rig.sink.detections
    assert ("many", "ann", "user.name", 3) == (
        found.title,
        found.group_key,
        found.group_field,
        len(found.events),
    )


def test_a_silenced_rule_opens_no_alert(rig, rule, event):
    """Nor does the silenced key of one; others do."""
    mutes = MuteService(rig.clock, SimpleNamespace(record=lambda *_args, **_named: None))
    with rig.database.write() as tx:
        mutes.mute(tx, "a", SYSTEM, span=HOUR)
        mutes.mute(tx, "b", SYSTEM, span=HOUR, group_key="192.0.2.1")
    rig.log.commit(event(1, source__ip="192.0.2.1"), event(2, source__ip="192.0.2.2"))
    rig.detector(rule(id="a"), rule(id="b", key_fields=("source.ip",))).step()
    assert [("b", "192.0.2.2")] == [(found.rule_id, found.group_key) for found in rig.sink.detections]
    rig.clock.advance(HOUR)
    rig.log.commit(event(3, source__ip="192.0.2.1"))
    rig.detector(rule(id="a"), rule(id="b", key_fields=("source.ip",))).step()
    assert ["b", "a", "b"] == [found.rule_id for found in rig.sink.detections]


def test_a_rule_that_fails_within_its_run_stands_still_alone(rig, event, monkeypatch):
    """It is counted and named; the others go on."""

    def fail(self, hits):
        raise ValueError("bug")

    monkeypatch.setattr(SpikeKind, "data", fail)
    head = "index: x\nfilter: []\nalert: debug\ntimeframe: {minutes: 1}\n"
    spike = read_text("s.yml", f"name: s\ntype: spike\nspike_height: 2\nspike_type: up\n{head}").rule
    count = read_text("f.yml", f"name: f\ntype: frequency\nnum_events: 1\n{head}").rule
    rig.log.commit(event(1, a=1))
    detector = rig.detector(spike, count)
    detector.step()
    assert ["f"] == [found.rule_id for found in rig.sink.detections]
    assert (1, "ValueError: bug") == (detector.cost("s").errors, detector.cost("s").fault)
    assert detector.cost("f").cpu_ns > 0


def test_time_passes_when_nothing_comes(rig, event):
    """A flatline is told by the clock, a little behind it."""
    flat = (
        "name: f\ntype: flatline\nthreshold: 1\ntimeframe: {minutes: 5}\nindex: x\nfilter: []\nalert: debug\n"
    )
    rig.log.commit(event(1, a=1))
    detector = rig.detector(read_text("f.yml", flat).rule)
    detector.step()
    rig.clock.advance(8 * MINUTE)
    assert detector.step() == 0
    assert ["f"] == list(dict.fromkeys(found.rule_id for found in rig.sink.detections))
    told = len(rig.sink.detections)
    rig.detector(read_text("f.yml", flat).rule).step()
    assert told == len(rig.sink.detections)


def test_a_rule_of_new_terms_begins_with_the_past(rig, event):
    """What the log held in the span before is known; the rest is new, once."""
    known = event(1, at=-3600, user__name="ann")
    text = "name: n\ntype: new_term\nfields: [user.name]\nindex: x\nfilter: []\nalert: debug\n"
    text += "realert: {minutes: 0}\n"
    asked = []

    def history(condition, start, end):
        asked.append((condition, end - start))
        return [known]

    rig.log.commit(event(2, user__name="ann"), event(3, user__name="bob"), event(4, user__name="bob"))
    rig.detector(read_text("n.yml", text).rule, history=history).step()
    assert [["test~3"]] == [[each.id for each in found.events] for found in rig.sink.detections]
    assert [30 * 24 * HOUR] == [span for _, span in asked]


def test_the_past_is_read_before_the_transaction(rig, event, monkeypatch):
    """It may be long, and others write meanwhile; a rule that is known does not read it again."""
    writing, asked = [], []
    write = rig.database.write

    @contextmanager
    def watched():
        with write() as tx:
            writing.append(tx)
            try:
                yield tx
            finally:
                writing.pop()

    def history(_condition, _start, end):
        asked.append((len(writing), end))
        return []

    monkeypatch.setattr(rig.database, "write", watched)
    text = "name: n\ntype: new_term\nfields: [user.name]\nindex: x\nfilter: []\nalert: debug\n"
    first = event(1, user__name="ann")
    rig.log.commit(first)
    detector = rig.detector(read_text("n.yml", text).rule, history=history)
    detector.step()
    rig.log.commit(event(2, at=5, user__name="bob"))
    rig.detector(read_text("n.yml", text).rule, history=history).step()
    assert [(0, first.at)] == asked
    detector.use(RuleSet([read_text("n.yml", text + "description: reworded\n").rule]))
    rig.log.commit(event(3, at=9, user__name="eve"))
    with pytest.raises(OffsetMovedError):
        detector.step()
    detector.step()
    assert [(0, first.at), (0, first.at + 5 * SECOND)] == [asked[0], asked[-1]]
    assert {0} == {writers for writers, _ in asked}


def test_a_state_that_cannot_be_read_is_begun_anew(rig, event):
    """Another version of the program may have written it; the other rules go on."""
    text = "name: f\ntype: frequency\nnum_events: 2\ntimeframe: {hours: 2}\nfilter: []\nalert: debug\n"
    rig.log.commit(event(1, a=1))
    rig.detector(read_text("f.yml", text).rule).step()
    with rig.database.write() as tx:
        tx.get(RunRow, "f").state = b"\xc1"
    rig.log.commit(event(2, a=1), event(3, a=1))
    rig.detector(read_text("f.yml", text).rule).step()
    assert [["test~2", "test~3"]] == [[each.id for each in found.events] for found in rig.sink.detections]


def test_the_state_of_a_reworded_rule_is_let_go(rig, event):
    """It begins anew, and nothing of the old wording stays behind."""
    text = (
        "name: f\ntype: frequency\nnum_events: 2\ntimeframe: {hours: 2}\nindex: x\nfilter: []\nalert: debug\n"
    )
    rig.log.commit(event(1, a=1))
    rig.detector(read_text("f.yml", text).rule).step()
    rig.log.commit(event(2, a=1))
    rig.detector(read_text("f.yml", text + "description: new\n").rule).step()
    assert rig.sink.detections == []
    rig.log.commit(event(3, a=1))
    rig.detector(read_text("f.yml", text + "description: new\n").rule).step()
    assert [["test~2", "test~3"]] == [[each.id for each in found.events] for found in rig.sink.detections]
