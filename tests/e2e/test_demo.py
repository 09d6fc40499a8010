"""The demo tells its whole story on this host, and says so by its exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.waiting import PROCESS_S


@pytest.mark.slow
def test_every_expected_outcome_comes_about(tmp_path: Path) -> None:
    """`tocsin demo --exit` ends with 0: alerts closed with reasons, cases escalated, host findings seen."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "demo", "--exit"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PROCESS_S,
        check=False,
    )

    assert 0 == done.returncode, done.stdout[-4000:] + done.stderr[-4000:]
    assert "escalated to alex" in done.stdout
    assert "closed by itself" in done.stdout
    assert "NO " not in done.stdout.rpartition("As expected?")[2]
