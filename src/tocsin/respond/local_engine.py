"""An engine of threads in this process, without a store of its own.

What is durable is the step rows; the dispatcher hands unfinished runs in again after a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from tocsin.respond.engine import EngineError, RunSteps, carry_out

log = structlog.get_logger("tocsin.respond")

_TRIES = 5


class LocalEngine:
    """Carries runs out in a few threads."""

    def __init__(self, workers: int = 2, retry_s: float = 0.2) -> None:
        self._workers = workers
        self._retry_s = retry_s
        self._pool: ThreadPoolExecutor | None = None
        self._steps: RunSteps | None = None
        self._lock = threading.Lock()
        self._known: dict[str, Future[None]] = {}

    def launch(self, steps: RunSteps) -> None:
        """Begin to carry out runs."""
        self._steps = steps
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="playbook")

    def start(self, run_id: str, count: int) -> None:
        """Take a run; a run already known is left alone."""
        with self._lock:
            if self._pool is None:
                raise EngineError("the engine is not launched")
            if run_id not in self._known:
                self._known[run_id] = self._pool.submit(self._run, run_id, count)

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of the runs that this process has taken."""
        return self._known.keys() & run_ids

    def forget(self, run_ids: Sequence[str]) -> None:
        """Drop what is kept of runs that ended."""
        with self._lock:
            for run_id in run_ids:
                if run_id in self._known and self._known[run_id].done():
                    del self._known[run_id]

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop taking runs and wait for those under way."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            wait(list(self._known.values()), timeout_s)
            pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, run_id: str, count: int) -> None:
        if self._steps is None:
            raise EngineError("the engine is not launched")
        for attempt in range(1, _TRIES + 1):
            try:
                carry_out(self._steps, run_id, count)
                return
            except Exception as error:  # noqa: BLE001 - supervised edge: tried again, then noted with the run
                log.warning("run_failed", run=run_id, attempt=attempt, error=str(error))
                if attempt == _TRIES:
                    self._steps.finish(run_id, f"given up after {_TRIES} tries: {error}")
                time.sleep(self._retry_s * attempt)
