"""Killing the process while it writes and delivers loses no message, and a repeat has the same key."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Select, func, select

from harness.recorder import Recorder, Request, recording
from harness.waiting import until
from tocsin.core.database import Database
from tocsin.notify.tables import MessageRow

ALL = select(func.count()).select_from(MessageRow)
UNSENT = ALL.where(MessageRow.status != "sent")
LIVES = 3
CHILD = Path(__file__).with_name("outbox_child.py")


def slowly(_: Request) -> tuple[int, dict[str, str], bytes]:
    time.sleep(0.02)  # so that a kill falls into deliveries too
    return 200, {}, b""


def child(folder: Path, web: Recorder, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), str(folder), f"{web.url}/in", str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def count(database: Database, query: Select[tuple[int]]) -> int:
    with database.read() as tx:
        return tx.scalar(query) or 0


@pytest.mark.slow
def test_messages_survive_kill_9(tmp_path: Path) -> None:
    """What a committed transaction wrote arrives, whatever moments the process is killed at."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    first = 0
    with recording(slowly) as web:
        for life in range(LIVES):
            with child(tmp_path, web, first, first + 8) as process:
                assert process.stdout is not None
                if life % 2:
                    web.wait_for(len(web.requests) + 3)  # in the middle of delivering
                else:
                    for _ in range(5):  # in the middle of writing
                        process.stdout.readline()
                process.kill()
            first += 8
        with child(tmp_path, web, first, first) as process:
            until(lambda: count(database, UNSENT) == 0)
            process.kill()
    keys = Counter(request.headers["X-Tocsin-Key"] for request in web.requests)
    assert count(database, ALL) == len(keys) > 12
    assert len(web.requests) - len(keys) <= LIVES, "each end repeats the one message that was under way"
    database.close()
