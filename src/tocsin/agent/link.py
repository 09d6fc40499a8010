"""Sends the spool to the server, in order, until it says that everything is durable.

A batch states the sequences it accounts for. It begins right after the server's mark: numbers at its
start that it holds no record for were lost here, and the server counts them as refused. The mark in the
answer is what the spool lets go of, so a batch whose answer was lost is sent again and changes nothing.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import zstandard

from tocsin.agent.baseline import Baseline
from tocsin.agent.errors import LinkError, UnauthorizedError
from tocsin.agent.findings import AgentFinding
from tocsin.agent.server import Answer, Server
from tocsin.agent.spool import Pending, Spool

log = logging.getLogger(__name__)

MAX_RECORDS = 2_000
MAX_BYTES = 2 * 1024 * 1024
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0
_LONGEST_RETRY_AFTER_S = 300.0
_IDLE_S = 0.5

_encoder = msgspec.msgpack.Encoder()


class Link:
    """The sender. `run` in one thread; `learn` and `figures` from any."""

    def __init__(
        self,
        spool: Spool,
        server: Server,
        baseline: Baseline,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._spool = spool
        self._server = server
        self._baseline = baseline
        self._jitter = jitter
        self._expected = spool.stats().acknowledged + 1
        self._max_records = MAX_RECORDS
        self._pause = _FIRST_PAUSE_S
        self._state = "starting"
        self._detail = ""
        self._sent = 0
        self.unauthorized: str = ""
        """Why the server does not know this agent; empty while it does."""

    def figures(self) -> Mapping[str, Any]:
        """Return the state of the connection for heartbeat and status."""
        return {"state": self._state, "detail": self._detail, "sent": self._sent}

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop. Raises `UnauthorizedError` when the server does not know the agent."""
        while not stop.is_set():
            if self._spool.wait(_IDLE_S):
                pause = self.step()
                if pause:
                    stop.wait(pause)

    def drain(self, deadline: float) -> bool:
        """Send what is left until `deadline` (of the monotonic clock); say whether all of it went."""
        while self._spool.wait(0):
            if time.monotonic() >= deadline or self.step():
                return False
        return True

    def step(self) -> float:
        """Send one batch; return for how many seconds to leave the server alone."""
        pending = self._spool.batch(self._max_records, MAX_BYTES)
        if pending is None:
            return _FIRST_PAUSE_S
        try:
            answer = self._server.batch(_pack(pending), min(self._expected, pending.first), pending.last)
        except LinkError as error:
            return self._back_off("unreachable", error.message)
        return self._understand(answer, pending)

    def _understand(self, answer: Answer, pending: Pending) -> float:
        mark = answer.mark
        if answer.status == 200 and mark is not None:
            return self._accepted(mark, pending)
        if answer.status == 409 and mark is not None:
            return self._resume_from(mark, pending)
        if answer.status == 401:
            self._state, self._detail = "refused", answer.reason
            self.unauthorized = answer.reason
            raise UnauthorizedError(f"the server does not accept this agent's key: {answer.reason}")
        if answer.status == 413 and len(pending.records) > 1:
            self._max_records = len(pending.records) // 2
            return 0.0
        if answer.status in (429, 503, 507):
            state = "full" if answer.status == 507 else "busy"
            return self._back_off(state, answer.reason, answer.retry_after_s)
        return self._back_off("refused", f"batch {pending.first} to {pending.last}: {answer.reason}")

    def _accepted(self, mark: int, pending: Pending) -> float:
        if mark > self._spool.stats().last_seq:
            return self._renumber(mark)
        self._spool.acknowledge(mark)
        self._expected = mark + 1
        self._max_records = min(self._max_records + self._max_records // 8 + 1, MAX_RECORDS)
        if mark < pending.first:
            return self._back_off("refused", f"the server answered with mark {mark} to {pending.first}")
        self._sent += min(mark, pending.last) - pending.first + 1
        self._state, self._detail, self._pause = "connected", "", _FIRST_PAUSE_S
        return 0.0

    def _resume_from(self, mark: int, pending: Pending) -> float:
        """The server holds up to `mark`: go on from there, and say what neither side holds any more."""
        if mark > self._spool.stats().last_seq:
            return self._renumber(mark)
        was_expected, self._expected = self._expected, mark + 1
        lost = self._spool.forgotten(mark)
        if lost is not None:
            log.error("the server forgot records %d to %d, which are gone here too", lost.first, lost.last)
            finding = AgentFinding(
                action="server_restored",
                detail=f"the server holds records up to {mark} only, {lost.last} were acknowledged",
                first_seq=lost.first,
                last_seq=lost.last,
                records=lost.count,
            )
            self._baseline.report(finding, location="agent")
            return 0.0
        self._spool.acknowledge(mark)
        if mark + 1 == was_expected and mark < pending.first:
            return self._back_off("refused", f"the server does not take {pending.first} after {mark}")
        return 0.0

    def learn(self, mark: int) -> None:
        """Take the mark a heartbeat was answered with. A lower one than known may merely be late."""
        stats = self._spool.stats()
        if mark > stats.last_seq:
            self._renumber(mark)
        elif mark > stats.acknowledged:
            self._spool.acknowledge(mark)
            self._expected = max(self._expected, mark + 1)

    def _renumber(self, mark: int) -> float:
        """The server holds numbers never given here: this agent's state came from an older copy."""
        last = self._spool.stats().last_seq
        if last >= mark:
            return 0.0  # done by the other thread meanwhile
        count = self._spool.renumber(mark)
        self._expected = mark + 1
        log.error("the server knows records %d to %d that this agent never sent", last + 1, mark)
        finding = AgentFinding(
            action="agent_restored",
            detail=f"numbers go on after {mark}; {count} waiting records may be there twice",
            first_seq=last + 1,
            last_seq=mark,
            records=count,
        )
        self._baseline.report(finding, location="agent")
        return 0.0

    def _back_off(self, state: str, detail: str, at_least_s: float | None = None) -> float:
        if (state, detail) != (self._state, self._detail):
            log.warning("link: %s: %s", state, detail)
        self._state, self._detail = state, detail
        pause = self._pause * (0.5 + self._jitter() / 2)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)
        if at_least_s is None:
            return pause
        # The jitter comes on top: a thousand agents told the same time must not return together.
        return min(at_least_s, _LONGEST_RETRY_AFTER_S) + pause


def _pack(pending: Pending) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(_encoder.encode(pending.records))
