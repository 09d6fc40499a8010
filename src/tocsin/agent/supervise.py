"""Keeps collectors running: one thread each, started again with growing pauses after a failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from tocsin.agent.errors import SkippedError

log = logging.getLogger(__name__)

State = Literal["starting", "running", "failed", "skipped", "stopped"]
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class Collector(Protocol):
    """Something that collects until it is told to stop."""

    name: str

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set, then write what is at hand and return.

        Raises `SkippedError` when it can never work on this host; after any other error it is run again.
        """
        ...

    def figures(self) -> Mapping[str, Any]:
        """Return counts and a `detail` in words for the heartbeat."""
        ...


class Supervised:
    """A collector in its thread."""

    def __init__(self, collector: Collector) -> None:
        self.name = collector.name
        self._collector = collector
        self._state: State = "starting"
        self._reason = ""
        self._failures = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=collector.name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the collector to stop."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the collector to have stopped, at most `timeout` seconds."""
        self._thread.join(timeout)

    def status(self) -> dict[str, Any]:
        """Return what a heartbeat says of the collector: `state`, `detail`, its own figures."""
        status: dict[str, Any] = {"detail": "", **self._collector.figures(), "state": self._state}
        if self._reason:
            status["detail"] = self._reason
        if self._failures:
            status["failures"] = self._failures
        return status

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stop.is_set():
            began = time.monotonic()
            self._once()
            if self._state == "skipped":
                return
            if time.monotonic() - began > _LONGEST_PAUSE_S:
                pause = _FIRST_PAUSE_S
            self._stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        self._state = "stopped"

    def _once(self) -> None:
        try:
            self._state, self._reason = "running", ""
            self._collector.run(self._stop)
        except SkippedError as error:
            self._state, self._reason = "skipped", error.message
            log.warning("%s: skipped: %s", self.name, error.message)
        except Exception as error:
            # One collector's failure must not end the others: said in the heartbeat, then tried again.
            self._state, self._reason = "failed", f"{type(error).__name__}: {error}"
            self._failures += 1
            log.warning("%s: failed, will start again", self.name, exc_info=True)


def stop_all(collectors: Sequence[Supervised], timeout: float) -> None:
    """Stop all collectors together and wait for them, at most `timeout` seconds in all."""
    deadline = time.monotonic() + timeout
    for collector in collectors:
        collector.stop()
    for collector in collectors:
        collector.join(max(0.0, deadline - time.monotonic()))
