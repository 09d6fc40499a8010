"""Rules run over events at hand by the code that follows the log."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tocsin.core.clock import MINUTE, SECOND
from tocsin.core.event import Event
from tocsin.detect.backtest import Backtest
from tocsin.detect.loader import read_text
from tocsin.detect.runs.document import hit_of
from tocsin.detect.runs.exact import ExactRun

START = 1_800_000_000 * SECOND


def rule(text):
    """A rule over everything with a user."""
    head = "name: R\nindex: x\nalert: debug\nfilter: [{exists: {field: user.name}}]\n"
    return read_text("r.yml", head + dedent(text)).rule


def event(seq, minutes, user="ann", *, late=0, **fields):
    moment = START + round(minutes * MINUTE)
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return Event("t", seq, moment, moment + late * MINUTE, "", {"user.name": user, **named})


def ids(detections):
    return [[each.id for each in found.events] for found in detections]


FREQUENCY = (
    "type: frequency\nnum_events: 3\ntimeframe: {minutes: 10}\nquery_key: user.name\nrealert: {minutes: 0}\n"
)


def test_a_late_event_completes_the_window_it_belongs_to():
    """Twenty minutes after it happened, between events that were counted meanwhile."""
    test = Backtest([rule(FREQUENCY)])
    first = test.run([event(1, 0), event(2, 2), event(4, 25)])
    assert first == []
    assert [["t~1", "t~2", "t~3"]] == ids(test.run([event(3, 4, late=21)]))


def test_a_late_event_that_shifts_a_window_takes_the_old_telling_back():
    """What was told of 1, 3 and 4 is told of 1, 2 and 3."""
    test = Backtest([rule(FREQUENCY)])
    assert [["t~1", "t~3", "t~4"]] == ids(test.run([event(1, 0), event(3, 2), event(4, 4)]))
    assert [["t~1", "t~2", "t~3"]] == ids(test.run([event(2, 1, late=20)]))
    assert [["t~1", "t~3", "t~4"]] == ids(test.withdrawn)


def test_events_later_than_the_lateness_are_counted_among_themselves():
    """Their place in time is settled; a log that is imported months later still says what was in it."""
    test = Backtest([rule(FREQUENCY)])
    test.run([event(1, 0), event(2, 1), event(9, 200)])
    assert test.run([event(3, 2, late=300)]) == []
    assert test._runs.figures("R")[1] == 1
    months = [event(100 + n, n - 90_000, late=90_000) for n in range(4)]
    assert [["t~100", "t~101", "t~102"]] == ids(test.run(months))
    assert test.run([event(200, -200_000, late=200_000), event(201, -100_000, late=100_000)]) == []


def test_old_events_are_gathered_too():
    """Within what comes at once."""
    test = Backtest([rule("type: any\naggregation: {minutes: 10}\n")])
    test.run([event(1, 0)])
    (told,) = test.run([event(2, -9_000, late=9_000), event(3, -8_999, late=8_999)])
    assert ["t~2", "t~3"] == [each.id for each in told.events]


def test_old_events_say_nothing_about_silence():
    """They may not be all there were."""
    flat = "type: flatline\nthreshold: 1\ntimeframe: {minutes: 10}\nrealert: {minutes: 0}\n"
    test = Backtest([rule(flat)])
    test.run([event(1, 0)])
    assert test.run([event(2, -9_000, late=9_000), event(3, -8_000, late=8_000)]) == []


def test_a_rule_without_memory_tells_however_late():
    """Nothing has to be in order for it."""
    test = Backtest(
        [rule("type: blacklist\ncompare_key: user.name\nblacklist: [eve]\nrealert: {minutes: 0}\n")]
    )
    test.run([event(1, 5000)])
    assert [["t~2"]] == ids(test.run([event(2, 0, "eve", late=5001)]))


def test_silence_is_told_when_time_has_passed_and_taken_back_when_it_was_none():
    """A flatline of a key, and the late event that shows there was none."""
    flat = "type: flatline\nthreshold: 1\ntimeframe: {minutes: 10}\nquery_key: user.name\n"
    flat += "realert: {minutes: 60}\n"
    test = Backtest([rule(flat)])
    test.run([event(1, 0), event(2, 5)])
    (told,) = test.move(START + 16 * MINUTE)
    assert (("user.name", "ann"), ()) == ((told.group_field, told.group_key), told.events)
    assert "abnormally low number of events" in told.description
    test.run([event(3, 12, late=5)])
    assert [told.at] == [each.at for each in test.withdrawn]


def test_what_a_rule_gathers_is_one_alert():
    """With the table of what it gathered."""
    gathers = (
        "type: any\naggregation: {minutes: 10}\nsummary_table_fields: [user.name]\nquery_key: host.name\n"
    )
    test = Backtest([rule(gathers)])
    test.run([event(1, 0), event(2, 3, "bob"), event(3, 4)])
    (told,) = test.move(START + 12 * MINUTE)
    assert ["t~1", "t~2", "t~3"] == [each.id for each in told.events]
    assert "| ann       | 2     |" in told.description


def test_compat_tells_at_its_polls_what_was_there_by_then():
    """What comes later than the buffer is not seen, as with ElastAlert; exact sees it."""
    text = "type: any\nrealert: {minutes: 0}\nbuffer_time: {minutes: 5}\ntocsin: {mode: compat}\n"
    test = Backtest([rule(text)])
    events = [event(1, 0.5), event(2, 1.5, late=2), event(3, 2.5, late=10)]
    assert [["t~1"], ["t~2"]] == ids(test.run(events, until=START + 20 * MINUTE))


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_the_size_of_batches_changes_nothing(batch):
    """A rule of figures over spans, event by event or all at once."""
    text = "type: metric_aggregation\nmetric_agg_key: http.response.bytes\nmetric_agg_type: sum\n"
    sums = rule(text + "max_threshold: 10\nbuffer_time: {minutes: 5}\nrealert: {minutes: 0}\n")
    events = [event(n, n, http__response__bytes=n) for n in range(1, 15)]
    found = Backtest([sums]).run(events, until=START + 30 * MINUTE, batch=batch)
    assert 2 <= len(found)
    assert [each.events for each in found] == [
        each.events for each in Backtest([sums]).run(events, until=START + 30 * MINUTE)
    ]


def test_memory_is_bounded():
    """Beyond the events a rule may hold, the oldest are settled, and the count goes on."""
    watch = rule(FREQUENCY.replace("num_events: 3", "num_events: 900")).watch
    run = ExactRun(watch.kind, watch.poll, START, most=500)
    told = []
    for seq in range(1, 1_001):
        run.add(hit_of(watch, event(seq, seq / 1_000)), 0)
        told += run.advance(0, START + 1).told
        assert run.held <= 500
    assert [900] == [len(telling.matches[0].events) for telling in told]
