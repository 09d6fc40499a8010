"""Killing the process in mid-run loses no step and repeats no effect."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from harness.waiting import PROCESS_S
from tocsin.core.database import Database
from tocsin.respond.playbook import Playbook, Step
from tocsin.respond.triggers import add_run

CHILD = Path(__file__).with_name("playbook_child.py")
STEPS = 3
POINTS = [f"{where}:{step}" for step in range(STEPS) for where in ("before", "inside", "after")] + ["finish"]


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    with database.write() as tx:
        tx.execute(text("CREATE TABLE effects (run_id TEXT, step INTEGER)"))
        steps = tuple(Step(f"step{number}", "effect") for number in range(STEPS))
        playbook = Playbook("crash", "v1", "", (), steps, "crash.yml", "")
        add_run(tx, "crash:a1:1", playbook, "alert", "a1", by="test", now=1)
    yield database
    database.close()


def child(folder: Path, point: str) -> int:
    command = [sys.executable, str(CHILD), str(folder), "crash:a1:1", str(STEPS), point]
    return subprocess.run(command, timeout=PROCESS_S, check=False, capture_output=True).returncode


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_anywhere_is_finished_by_the_next_process(database, tmp_path, point):
    """Every effect is there once, every step's facts reached the next, and the run has succeeded."""
    assert child(tmp_path, point) == -signal.SIGKILL
    assert child(tmp_path, "none") == 0
    with database.read() as tx:
        effects = tx.execute(text("SELECT step FROM effects ORDER BY rowid")).scalars().all()
        status = tx.execute(text("SELECT status FROM playbook_runs")).scalar_one()
        facts = tx.execute(text("SELECT json_extract(facts, '$.n2') FROM playbook_steps WHERE position = 2"))
        assert (effects, status) == (list(range(STEPS)), "success")
        assert facts.scalar_one() == STEPS


def test_a_run_killed_again_and_again_is_finished(database, tmp_path):
    """Each life brings it on, however short."""
    for point in ("inside:0", "after:0", "before:1", "inside:2", "after:2", "finish"):
        assert child(tmp_path, point) == -signal.SIGKILL
    assert child(tmp_path, "none") == 0
    with database.read() as tx:
        assert (
            list(range(STEPS)) == tx.execute(text("SELECT step FROM effects ORDER BY rowid")).scalars().all()
        )
