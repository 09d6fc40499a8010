"""Collectors that fail are started again; the others never notice."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.agent import supervise
from tocsin.agent.errors import SkippedError
from tocsin.agent.supervise import Supervised, stop_all


class Scripted:
    """Fails as often as told, then runs until stopped."""

    def __init__(self, *errors: Exception) -> None:
        self.name = "scripted"
        self.errors = list(errors)
        self.runs = 0
        self.running = threading.Event()

    def run(self, stop: threading.Event) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.running.set()
        stop.wait()

    def figures(self) -> Mapping[str, Any]:
        return {"lines": 3}


def test_a_failing_collector_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After failures it goes on, and the status counts them."""
    monkeypatch.setattr(supervise, "_FIRST_PAUSE_S", 0.01)
    collector = Scripted(ValueError("one"), OSError("two"))
    supervised = Supervised(collector)
    supervised.start()
    assert collector.running.wait(PATIENCE_S)
    assert supervised.status() == {"detail": "", "lines": 3, "state": "running", "failures": 2}
    stop_all([supervised], PATIENCE_S)
    assert supervised.status()["state"] == "stopped"


def test_a_failure_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits to be started again the status says why."""
    monkeypatch.setattr(supervise, "_FIRST_PAUSE_S", 60)
    supervised = Supervised(Scripted(ValueError("broken")))
    supervised.start()
    until(lambda: supervised.status()["state"] == "failed")
    assert supervised.status()["detail"] == "ValueError: broken"
    stop_all([supervised], PATIENCE_S)


def test_a_skipped_collector_is_not_tried_again() -> None:
    """What this host cannot do is said once and left."""
    collector = Scripted(SkippedError("no journal here"))
    supervised = Supervised(collector)
    supervised.start()
    supervised.join(PATIENCE_S)
    assert supervised.status() == {"detail": "no journal here", "lines": 3, "state": "skipped"}
    assert collector.runs == 1
