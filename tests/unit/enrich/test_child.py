"""Children that misbehave."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.enrich.base import AnalysisError
from tocsin.enrich.child import ChildProcess, Limits

ENDLESS = "sleep 600 & echo $! > $0; wait"


def child(program: str) -> ChildProcess:
    return ChildProcess(command=(sys.executable, "-I", "-c", program))


def test_answer_comes_back() -> None:
    """What the child writes as JSON is returned; it gets the task as argument and the request as input."""
    program = "import sys,json; print(json.dumps({'t': sys.argv[-1], 'r': json.load(sys.stdin)['request']}))"
    assert child(program).run("task", {"a": 1}, PATIENCE_S) == {"t": "task", "r": {"a": 1}}


def test_child_past_its_time_is_killed_with_its_children(tmp_path: Path) -> None:
    """The whole group goes, not only the first process."""
    mark = tmp_path / "grandchild"
    stuck = ChildProcess(command=("sh", "-c", ENDLESS, str(mark)))  # begins sooner than another Python
    start = time.monotonic()
    with pytest.raises(AnalysisError, match="not done after 2"):
        stuck.run("task", {}, 2)
    assert time.monotonic() - start < PATIENCE_S
    until(lambda: _is_gone(int(mark.read_text())))


def test_grandchild_left_behind_is_killed(tmp_path: Path) -> None:
    """A child that ends well and leaves a process running does not keep it."""
    mark = tmp_path / "grandchild"
    program = (
        "import subprocess,sys;"
        "p=subprocess.Popen(['sleep','60'],stdout=subprocess.DEVNULL);"
        f"open({str(mark)!r},'w').write(str(p.pid));print('{{}}')"
    )
    assert child(program).run("task", {}, PATIENCE_S) == {}
    until(lambda: _is_gone(int(mark.read_text())))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit('no luck')", "ended with status 1: no luck"),
        ("import os; os.kill(os.getpid(), 11)", "ended by signal 11"),
        ("print('junk')", "no readable answer"),
        ("print('[]')", "no readable answer"),
        ("pass", "no readable answer"),
        ('print(\'{"refused": "too big"}\')', "too big"),
    ],
)
def test_failure_is_told(program: str, reason: str) -> None:
    """A crash, junk and a refusal each raise with the reason."""
    with pytest.raises(AnalysisError, match=reason):
        child(program).run("task", {}, 10)


def test_limits_bind_the_child(tmp_path: Path) -> None:
    """The real child cannot use more memory than it is given."""
    path = tmp_path / "big"
    path.write_bytes(b"abcdefgh" * (8 << 20))
    with pytest.raises(AnalysisError):
        ChildProcess(Limits(data_bytes=12 << 20)).run("file", {"path": str(path)}, 20)


def test_environment_is_not_handed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets of the platform's environment do not reach the child."""
    monkeypatch.setenv("TOCSIN_SECRET", "hush")
    answer = child("import os,json; print(json.dumps(dict(os.environ)))").run("task", {}, 10)
    assert "TOCSIN_SECRET" not in answer
