"""From alert to run exactly once, whatever is repeated in between."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tocsin.core.clock import SECOND
from tocsin.respond.tables import TriggerRow
from tocsin.respond.triggers import ASK_AGAIN, revision_of


@pytest.mark.parametrize(
    ("count", "revision"), [(0, "2-0"), (9, "2-0"), (10, "2-1"), (99, "2-1"), (100, "2-2")]
)
def test_a_revision_is_severity_and_magnitude(count, revision):
    """So a playbook runs again when either grows."""
    assert revision_of(2, count) == revision


def test_an_alert_that_is_rolled_back_leaves_no_trigger(world):
    """They are one transaction."""
    event = world.event(1, source__ip="192.0.2.1")

    class StopError(Exception):
        pass

    record = world.alerts.record

    def failing(tx, detection):
        outcome = record(tx, detection)
        world.respond.hook.on_outcome(tx, outcome, detection)
        raise StopError

    world.alerts.record = failing
    with pytest.raises(StopError):
        world.detect("r", "k", event)
    with world.database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(TriggerRow)) == 0


def test_a_trigger_waits_until_things_have_settled(world):
    """Two seconds, as the playbook says."""
    alert_id = world.detect("r", "k", world.event(1, source__ip="192.0.2.1"))
    assert world.respond.dispatcher.step() == 0
    world.clock.advance(2_000_000)
    assert world.respond.dispatcher.step() > 0
    assert len(world.runs(alert_id)) == 1


def test_a_run_the_engine_lost_is_handed_in_again(world):
    """Killed between writing the run and starting it: the next process starts it."""
    alert_id = world.detect("r", "k", world.event(1, source__ip="192.0.2.1"))
    start = world.engine.start
    world.engine.start = lambda _run_id, _count: None
    world.settle()
    assert ["waiting"] == [run.status for run in world.runs(alert_id)]
    world.engine.start = start
    world.clock.advance(ASK_AGAIN)
    world.settle()
    assert ["success"] == [run.status for run in world.runs(alert_id)]


def test_runs_under_way_are_not_asked_about_at_every_turn(world):
    """When alerts open one after the other, each is one question, not one for every look at the others."""
    world.engine.start = lambda _run_id, _count: None  # they take their time
    for number in range(5):
        world.detect("r", f"k{number}", world.event(number, source__ip="192.0.2.1"))
        world.clock.advance(3 * SECOND)
        while world.respond.dispatcher.step():
            pass
    assert [1] * 5 == [len(question) for question in world.engine.asked]


def test_a_condition_of_a_trigger_is_asked(world, tmp_path):
    """Of the alert as it is when the run would start."""
    folder = tmp_path / "playbooks"
    folder.mkdir()
    step = "steps:\n- {name: a, action: tag, with: {tags: [seen]}}\n"
    (folder / "p.yml").write_text(
        f"name: p\ntriggers:\n- {{event: alert.opened, when: 'alert.severity:>=3'}}\n{step}"
    )
    world.respond = world.service([folder])
    low = world.detect("r", "low", world.event(1, source__ip="192.0.2.1"))
    high = world.detect("r", "high", world.event(2, source__ip="192.0.2.2"), severity=3)
    world.settle()
    assert (0, 1) == (len(world.runs(low)), len(world.runs(high)))
    assert "seen" in world.alert(high).tags


def test_an_alert_that_grows_while_it_waits_is_answered_once(world):
    """Of two changes nobody answered yet, the later is, as what the first was."""
    events = [world.event(n, source__ip="192.0.2.1") for n in range(12)]
    alert_id = world.detect("r", "k", *events[:9])
    world.clock.advance(1_500_000)
    world.detect("r", "k", *events[9:])
    world.clock.advance(600_000)
    world.respond.dispatcher.step()
    assert list(world.runs(alert_id)) == []
    world.settle()
    assert ["triage:" + alert_id + ":2-1"] == [run.id for run in world.runs(alert_id)]
