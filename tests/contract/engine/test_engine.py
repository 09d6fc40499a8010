"""What every workflow engine must do, run on each."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.respond.dbos_engine import DBOSEngine
from tocsin.respond.local_engine import LocalEngine


class Steps:
    """Carries steps out in memory; `script` says how a step goes: a state, or an error to raise."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.finished: dict[str, list[str]] = {}
        self.script: dict[int, list[object]] = {}
        self.done = threading.Event()
        self.hold: threading.Event | None = None

    def execute(self, run_id, position):
        self.calls.append((run_id, position))
        if self.hold:
            self.hold.wait(PATIENCE_S)
        planned = self.script.get(position)
        step = planned.pop(0) if planned else "success"
        if isinstance(step, Exception):
            raise step
        return step

    def finish(self, run_id, error=""):
        self.finished.setdefault(run_id, []).append(error)
        self.done.set()


@pytest.fixture
def steps():
    return Steps()


@pytest.fixture(params=["local", "dbos"])
def make(request, tmp_path):
    """Make an engine over the same store, as a new process would."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    opened = []

    def make_one():
        if request.param == "local":
            engine = LocalEngine(retry_s=0.01)
        else:
            url = f"sqlite:///{tmp_path / 'workflows.db'}"
            engine = DBOSEngine(url, database, clock=SystemClock(), retry_s=0.01)
        opened.append(engine)
        return engine

    yield make_one
    for engine in opened:
        engine.close(1)
    database.close()


@pytest.fixture
def engine(make, steps):
    engine = make()
    engine.launch(steps)
    return engine


def test_steps_are_carried_out_in_order(engine, steps):
    """And the run is finished once, without an error."""
    engine.start("r", 3)
    assert steps.done.wait(PATIENCE_S)
    assert steps.calls == [("r", 0), ("r", 1), ("r", 2)]
    assert steps.finished == {"r": [""]}


def test_a_skipped_or_failed_step_does_not_end_the_run(engine, steps):
    """Only `stop` does."""
    steps.script = {0: ["skipped"], 1: ["failure"], 2: ["stop"]}
    engine.start("r", 4)
    assert steps.done.wait(PATIENCE_S)
    assert [0, 1, 2] == [position for _, position in steps.calls]


def test_a_run_started_twice_runs_once(engine, steps):
    """Its identifier is what counts."""
    engine.start("r", 2)
    engine.start("r", 2)
    assert steps.done.wait(PATIENCE_S)
    engine.start("r", 2)
    time.sleep(0.3)  # in which a second run would begin
    assert Counter(steps.calls) == {("r", 0): 1, ("r", 1): 1}


def test_a_step_that_raises_is_tried_again(engine, steps):
    """The database may have been busy."""
    steps.script = {1: [OSError("busy"), OSError("busy"), "success"]}
    engine.start("r", 2)
    assert steps.done.wait(PATIENCE_S)
    assert steps.finished == {"r": [""]}
    assert steps.calls.count(("r", 1)) == 3


def test_a_step_that_always_raises_ends_the_run_with_an_error(engine, steps):
    """It is not tried for ever."""
    steps.script = {0: [OSError("gone")] * 50}
    engine.start("r", 2)
    assert steps.done.wait(PATIENCE_S)
    assert "given up" in steps.finished["r"][0]
    assert ("r", 1) not in steps.calls


def test_what_is_known_is_told_and_forgotten(engine, steps):
    """Of runs that ended nothing has to be kept."""
    assert set() == engine.known(["r", "s"])
    engine.start("r", 1)
    assert {"r"} == engine.known(["r", "s"])
    assert steps.done.wait(PATIENCE_S)

    def is_forgotten() -> bool:
        engine.forget(["r"])
        return not engine.known(["r"])

    until(is_forgotten)  # its end is told before it is written down


def test_closing_waits_for_what_is_under_way(engine, steps):
    """A step in mid-work is let finish."""
    steps.hold = threading.Event()
    engine.start("r", 1)
    until(lambda: steps.calls)
    threading.Timer(0.3, steps.hold.set).start()
    engine.close(PATIENCE_S)
    assert steps.finished == {"r": [""]}


def test_an_engine_can_be_launched_again_over_the_same_store(make, engine, steps):
    """A restart takes new runs, and does not repeat old ones."""
    engine.start("r", 1)
    assert steps.done.wait(PATIENCE_S)
    engine.close(PATIENCE_S)
    other, fresh = make(), Steps()
    other.launch(fresh)
    other.start("s", 1)
    assert fresh.done.wait(PATIENCE_S)
    time.sleep(0.3)  # in which the old run would begin
    assert fresh.calls == [("s", 0)]
