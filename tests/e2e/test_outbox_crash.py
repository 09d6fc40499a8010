"""Killing the process while it writes and delivers loses no message, and a repeat has the same key."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from harness.recorder import Recorder, Request, recording
from tocsin.core.database import Database
from tocsin.notify.tables import MessageRow

ALL = select(func.count()).select_from(MessageRow)
UNSENT = ALL.where(MessageRow.status != "sent")
CHILD = Path(__file__).with_name("outbox_child.py")


def slowly(_: Request) -> tuple[int, dict[str, str], bytes]:
    time.sleep(0.02)  # so that a kill falls into deliveries too
    return 200, {}, b""


def child(folder: Path, web: Recorder, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), str(folder), f"{web.url}/in", str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_messages_survive_kill_9(tmp_path: Path) -> None:
    """What a committed transaction wrote arrives, whatever moments the process is killed at."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    written, first = 0, 0
    with recording(slowly) as web:
        for life in range(3):
            process = child(tmp_path, web, first, first + 8)
            assert process.stdout is not None
            if life % 2:
                web.wait_for(len(web.requests) + 3)  # in the middle of delivering
            else:
                for _ in range(5):  # in the middle of writing
                    process.stdout.readline()
            process.kill()
            process.wait()
            process.stdout.close()
            with database.read() as tx:
                written = tx.scalar(ALL)
            first += 8
        process = child(tmp_path, web, first, first)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with database.read() as tx:
                waiting = tx.scalar(UNSENT)
            if not waiting:
                break
            time.sleep(0.05)
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    database.close()
    keys = Counter(request.headers["X-Tocsin-Key"] for request in web.requests)
    assert 0 == waiting
    assert written == len(keys) > 12
    assert max(keys.values()) <= 2
