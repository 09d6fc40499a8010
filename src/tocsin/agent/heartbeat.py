"""Says every few seconds how the agent is, to the server and in a file for `tocsin agent status`."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tocsin import __version__
from tocsin.agent.baseline import Baseline
from tocsin.agent.errors import LinkError
from tocsin.agent.findings import AgentAction, AgentFinding
from tocsin.agent.link import Link
from tocsin.agent.losses import Lost
from tocsin.agent.server import Server
from tocsin.agent.spool import Spool
from tocsin.core.clock import Clock, to_iso

log = logging.getLogger(__name__)

STATUS_NAME = "status.json"


class Heartbeat:
    """The agent's pulse, and the place where losses of the spool become findings."""

    def __init__(
        self,
        *,
        spool: Spool,
        link: Link,
        server: Server,
        baseline: Baseline,
        clock: Clock,
        collectors: Callable[[], Mapping[str, Any]],
        inventory: Callable[[], Mapping[str, Any] | None],
        folder: Path,
        identity: Mapping[str, str],
        interval_s: float,
    ) -> None:
        self._spool = spool
        self._link = link
        self._server = server
        self._baseline = baseline
        self._clock = clock
        self._collectors = collectors
        self._inventory = inventory
        self._folder = folder
        self._identity = identity
        self._interval_s = interval_s
        self._told_inventory: Mapping[str, Any] | None = None
        self._heard_at = ""

    def run(self, stop: threading.Event) -> None:
        """Beat until told to stop."""
        while True:
            self.beat()
            if stop.wait(self._interval_s):
                return

    def beat(self) -> None:
        """Report losses, write the status file, tell the server."""
        report_losses(self._spool, self._baseline)
        body = self._body()
        self.write_status("running")
        inventory = self._inventory()
        is_news = inventory is not None and inventory != self._told_inventory
        try:
            answer = self._server.heartbeat({**body, "inventory": inventory} if is_news else body)
        except LinkError as error:
            log.debug("heartbeat: %s", error.message)
            return
        if answer.status != 200:
            log.warning("heartbeat: %s", answer.reason)
            return
        self._heard_at = to_iso(self._clock.now())
        if is_news:
            self._told_inventory = inventory
        if answer.mark is not None:
            self._link.learn(answer.mark)

    def write_status(self, state: str) -> None:
        """Write what `tocsin agent status` shows; `state` is `running` or `stopped`."""
        status = {
            "state": state,
            "pid": os.getpid(),
            "at": to_iso(self._clock.now()),
            "server_heard_at": self._heard_at or None,
            **self._identity,
            **self._body(),
        }
        temporary = self._folder / f"{STATUS_NAME}.new"
        temporary.write_bytes(msgspec.json.encode(status))
        temporary.replace(self._folder / STATUS_NAME)

    def _body(self) -> dict[str, Any]:
        stats = self._spool.stats()
        return {
            "version": __version__,
            "spool": {
                "records": stats.records,
                "bytes": stats.bytes,
                "refused": stats.refused,
                "first_seq": stats.first_seq,
                "last_seq": stats.last_seq,
                "acknowledged": stats.acknowledged,
            },
            "collectors": {**self._collectors(), "link": dict(self._link.figures())},
        }


def report_losses(spool: Spool, baseline: Baseline) -> None:
    """Make a finding of each loss the spool had and nobody was told of."""
    losses: Sequence[Lost] = spool.untold()
    for lost in losses:
        if lost.reason != "restore":  # the link says that itself, with more to say
            log.error("spool: records %d to %d are lost: %s", lost.first, lost.last, lost.reason)
            action: AgentAction = "spool_overflow" if lost.reason == "overflow" else "spool_damaged"
            finding = AgentFinding(
                action=action,
                detail=f"{lost.count} records refused",
                first_seq=lost.first,
                last_seq=lost.last,
                records=lost.count,
            )
            baseline.report(finding, location="agent")
    if losses:
        spool.told(losses)
