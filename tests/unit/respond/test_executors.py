"""Who is dead, and who resumes their runs."""

from __future__ import annotations

import os
import subprocess
import sys

from tocsin.core.clock import SECOND, ManualClock
from tocsin.respond.executors import Executors
from tocsin.respond.tables import ExecutorRow


def executors(database, clock=None):
    found = Executors(database, clock or ManualClock(1_000 * SECOND))
    found.register()
    return found


def enter(database, identifier, **values):
    with database.write() as tx:
        tx.add(
            ExecutorRow(
                **{"id": identifier, "host": "elsewhere", "pid": 1, "born_at": 1, "beat_at": 0, **values}
            )
        )


def test_the_living_are_left_alone(database):
    """This process, and another one of this host that runs."""
    own = executors(database)
    other = executors(database)
    assert own.claim_dead([own.own_id, other.own_id]) == []


def test_a_process_of_this_host_that_is_gone_is_dead_at_once(database):
    """Its number may even be used again: the time it was born tells."""
    own = executors(database)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    enter(database, "gone", host=own._host, pid=gone.pid, born_at=5)
    enter(database, "reused", host=own._host, pid=os.getpid(), born_at=5)
    assert own.claim_dead(["gone", "reused"]) == ["gone", "reused"]


def test_a_process_of_another_host_is_dead_when_it_falls_silent(database):
    """Twenty seconds without a beat."""
    clock = ManualClock(1_000 * SECOND)
    own = executors(database, clock)
    enter(database, "far", beat_at=clock.now() - 19 * SECOND)
    assert own.claim_dead(["far"]) == []
    clock.advance(2 * SECOND)
    assert own.claim_dead(["far"]) == ["far"]


def test_only_one_survivor_resumes_the_dead(database):
    """Unless it dies too: its claim ends."""
    clock = ManualClock(1_000 * SECOND)
    one, two = executors(database, clock), executors(database, clock)
    enter(database, "dead")
    assert one.claim_dead(["dead"]) == ["dead"]
    assert two.claim_dead(["dead"]) == []
    clock.advance(31 * SECOND)
    assert two.claim_dead(["dead"]) == ["dead"]


def test_runs_of_a_process_nobody_knows_are_resumed(database):
    """Its row was deleted; the work was not."""
    assert executors(database).claim_dead(["unknown"]) == ["unknown"]
