"""Steps happen once, fail visibly, and see what the steps before them found."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import text

from tocsin.core.actor import Actor
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.respond.action import Action, Result

ALICE = Actor("user", "alice")


class Said(msgspec.Struct, forbid_unknown_fields=True):
    word: str = ""


@pytest.fixture
def run(world, tmp_path):
    """Run steps given as YAML on an alert, with actions `say`, `fail` and `crash`."""
    with world.database.write() as tx:
        tx.execute(text("CREATE TABLE said (word TEXT)"))

    def say(tx, context, arguments, gathered):
        tx.execute(text("INSERT INTO said VALUES (:word)"), {"word": arguments.word})
        return Result({"said": arguments.word}, {"word": arguments.word})

    def fail(tx, context, arguments, gathered):
        say(tx, context, Said("half"), None)
        raise InvalidError("it cannot be done")

    def crash(tx, context, arguments, gathered):
        raise ZeroDivisionError("a bug")

    actions = {
        name: Action(name, Said, apply) for name, apply in [("say", say), ("fail", fail), ("crash", crash)]
    }

    def start(steps):
        folder = tmp_path / "playbooks"
        folder.mkdir(exist_ok=True)
        (folder / "p.yml").write_text("name: p\nsteps:\n" + "\n".join(f"  - {step}" for step in steps))
        service = world.service([folder], actions=actions)
        assert service.problems == ()
        alert_id = world.detect("r", "k", world.event(1, source__ip="192.0.2.1"))
        found = service.run("p", "alert", alert_id, ALICE)
        service.dispatcher.step()
        with world.database.read() as tx:
            return service.run_of(tx, found.id)

    return start


def said(world):
    with world.database.read() as tx:
        return tx.execute(text("SELECT word FROM said")).scalars().all()


def test_a_later_step_sees_what_an_earlier_one_found(world, run):
    """A condition that does not hold skips its step."""
    found = run(
        [
            "{name: a, action: say, with: {word: x}}",
            "{name: b, action: say, when: 'word:x', with: {word: y}}",
            "{name: c, action: say, when: 'word:x', with: {word: z}}",
        ]
    )
    assert ["success", "success", "skipped"] == [step.status for step in found.steps]
    assert (found.status, said(world)) == ("success", ["x", "y"])
    assert found.steps[2].output == {"why": "not: word:x"}


def test_a_failed_step_leaves_no_half_effect_and_ends_the_run(world, run):
    """The error is with the step and with the run; what follows waits for good."""
    found = run(["{name: a, action: fail}", "{name: b, action: say}"])
    assert (found.status, said(world)) == ("failure", [])
    assert ["failure", "waiting"] == [step.status for step in found.steps]
    assert "it cannot be done" in found.error


def test_a_step_may_fail_without_ending_the_run(world, run):
    """When it says so; also when the action has a bug."""
    found = run(["{name: a, action: crash, on_failure: continue}", "{name: b, action: say, with: {word: x}}"])
    assert (found.status, said(world)) == ("success", ["x"])
    assert found.steps[0].error == "ZeroDivisionError: a bug"


def test_a_step_carried_out_twice_happens_once(world, run):
    """The second time returns what the first stored."""
    found = run(["{name: a, action: say, with: {word: x}}"])
    steps = world.engine.steps
    assert ["success", "success"] == [steps.execute(found.id, 0), steps.execute(found.id, 0)]
    steps.finish(found.id, "too late")
    assert said(world) == ["x"]
    assert world.runs(found.subject_id)[0].status == "success"


def test_a_run_by_hand_is_audited_and_needs_a_subject(world, run):
    """An unknown playbook or alert is not found; what is neither alert nor case is refused."""
    found = run(["{name: a, action: say}"])
    assert ("alice", "run-playbook", "alert", found.subject_id) in world.trail.entries
    assert found.started_by == "alice"
    with pytest.raises(NotFoundError):
        world.respond.run("nope", "alert", found.subject_id, ALICE)
    with pytest.raises(NotFoundError):
        world.respond.run("triage", "alert", "alert_nope", ALICE)
    with pytest.raises(InvalidError):
        world.respond.run("triage", "agent", "x", ALICE)


def test_old_runs_are_deleted_and_their_decisions_kept(world):
    """Retention is of runs, not of reasons."""
    alert_id = world.detect("r", "k", world.event(1, source__ip="192.0.2.1"))
    world.settle()
    assert world.respond.retain(3_600_000_000) == 0
    world.clock.advance(2 * 3_600_000_000)
    assert world.respond.retain(3_600_000_000) == 1
    assert list(world.runs(alert_id)) == []
    assert world.decision(alert_id).outcome == "none"
