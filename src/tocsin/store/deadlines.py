"""How long one question to the embedded log may take: a heavy search is broken off, not suffered."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tocsin.store.base import StoreError

_AGAIN_S = 0.1


class SearchTimeoutError(StoreError):
    """The question took longer than allowed; a narrower one, such as of less time, will do better."""

    code = "search-timeout"

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"the search took longer than {limit_s:g} s: ask for less time or less of it")


class _Deadline:
    """The end of one question, asked in one thread; its statements are interrupted when it passes."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._ends = time.monotonic() + limit_s
        self._lock = threading.Lock()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._answered = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def cancel(self) -> None:
        """The question is answered."""
        self._answered.set()

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._ends

    def begin(self, connection: duckdb.DuckDBPyConnection | None) -> None:
        """Note which connection works on the question; None: none at the moment."""
        with self._lock:
            self._running = connection

    def _watch(self) -> None:
        # Again and again: an interrupt that comes just before a statement begins is lost.
        pause = self.limit_s
        while not self._answered.wait(pause):
            with self._lock:
                if self._running is not None:
                    self._running.interrupt()
            pause = _AGAIN_S


class Deadlines:
    """Bounds the time of questions; 0 allows any. Thread safe: each thread has its own question."""

    def __init__(self, limit_s: float = 0.0) -> None:
        self._limit_s = limit_s
        self._local = threading.local()

    @contextmanager
    def question(self) -> Iterator[None]:
        """Bound what is read within the block; within another question that one's end holds."""
        if not self._limit_s or getattr(self._local, "deadline", None) is not None:
            yield
            return
        deadline = _Deadline(self._limit_s)
        self._local.deadline = deadline
        try:
            yield
        finally:
            deadline.cancel()
            self._local.deadline = None

    @contextmanager
    def statement(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt the connection when the question's time is over; raises `SearchTimeoutError`."""
        deadline: _Deadline | None = getattr(self._local, "deadline", None)
        if deadline is None:
            yield
            return
        if deadline.passed:
            raise SearchTimeoutError(deadline.limit_s)
        deadline.begin(connection)
        try:
            yield
        except duckdb.InterruptException as error:
            raise SearchTimeoutError(deadline.limit_s) from error
        finally:
            deadline.begin(None)
