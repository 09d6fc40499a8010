"""Puts the agent together and runs it until it is told to stop."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tocsin import __version__
from tocsin.agent.baseline import Baseline
from tocsin.agent.commands import CommandCollector
from tocsin.agent.errors import AgentError, UnauthorizedError
from tocsin.agent.findings import AgentFinding
from tocsin.agent.heartbeat import Heartbeat
from tocsin.agent.hidden import HiddenCollector, ProcPorts, ProcProcesses
from tocsin.agent.identity import Identity
from tocsin.agent.integrity import Integrity, Watch
from tocsin.agent.integrity_watch import IntegrityCollector
from tocsin.agent.inventory import InventoryCollector
from tocsin.agent.journal import JournalCollector
from tocsin.agent.link import Link
from tocsin.agent.logs import LogCollector
from tocsin.agent.ports import PortCollector
from tocsin.agent.server import server_of
from tocsin.agent.settings import AgentSettings
from tocsin.agent.spool import Spool
from tocsin.agent.supervise import Collector, Supervised, stop_all
from tocsin.core.clock import Clock, SystemClock
from tocsin.core.errors import TocsinError

log = logging.getLogger(__name__)

DRAIN_S = 2.0
_COLLECTORS_S = 0.8
_RESTART_S = 5.0
_MB = 1024 * 1024
_FAILURES = (TocsinError, OSError, sqlite3.Error)
"""What a full or failing disk leads to: tried again, for nothing else would help."""


class Agent:
    """An enrolled agent with its state folder. `run` may be called once."""

    def __init__(self, settings: AgentSettings, identity: Identity, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._identity = identity
        self._clock = clock or SystemClock()
        self._folder = settings.state_folder

    def run(self, stop: threading.Event) -> None:
        """Collect and send until `stop` is set; then send what can be sent within two seconds.

        Raises `UnauthorizedError` when the server does not know the agent any more, `AgentError` when
        another agent runs on the same state folder.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _only_one(self._folder):
            limit = int(self._settings.spool_limit_mb * _MB)
            spool = Spool(self._folder / "spool", self._identity.agent_id, limit_bytes=limit)
            baseline = Baseline(
                self._folder / "baseline.db", spool, clock=self._clock, host=self._settings.host_name
            )
            _Run(self._settings, self._identity, self._clock, spool, baseline).until(stop)


class _Run:
    """The moving parts of one run."""

    def __init__(
        self, settings: AgentSettings, identity: Identity, clock: Clock, spool: Spool, baseline: Baseline
    ) -> None:
        self._spool = spool
        self._baseline = baseline
        self._inventory = InventoryCollector(baseline, interval_s=settings.inventory_interval)
        self._collectors = [
            Supervised(one) for one in _collectors(settings, spool, baseline, clock, self._inventory)
        ]
        # Two connections, so that a slow batch does not hold the pulse up.
        sender = server_of(identity, url=settings.server, ca=settings.ca)
        pulse = server_of(identity, url=settings.server, ca=settings.ca, timeout_s=10.0)
        self._link = Link(spool, sender, baseline)
        self._heartbeat = Heartbeat(
            spool=spool,
            link=self._link,
            server=pulse,
            baseline=baseline,
            clock=clock,
            collectors=self._status,
            inventory=lambda: self._inventory.present,
            folder=settings.state_folder,
            identity={
                "agent_id": identity.agent_id,
                "name": settings.host_name,
                "server": settings.server or identity.server,
            },
            interval_s=settings.heartbeat_interval,
        )
        self._deadline: float | None = None
        self._link_stop = threading.Event()

    def until(self, stop: threading.Event) -> None:
        """Run until `stop` is set or the server refuses the agent."""
        self._baseline.report(AgentFinding(action="started", version=__version__), location="agent")
        link = threading.Thread(target=self._send, args=(stop,), name="link", daemon=True)
        pulse = threading.Thread(target=self._beat, args=(stop,), name="heartbeat", daemon=True)
        for collector in self._collectors:
            collector.start()
        link.start()
        pulse.start()
        stop.wait()
        self._end(link)

    def _end(self, link: threading.Thread) -> None:
        self._deadline = time.monotonic() + DRAIN_S
        stop_all(self._collectors, _COLLECTORS_S)
        self._say_stopped()
        self._link_stop.set()
        link.join(max(0.0, self._deadline - time.monotonic()))
        stats = self._spool.stats()
        log.info("stopped; %d records wait in the spool", stats.records)
        self._heartbeat.write_status("stopped")
        if self._link.unauthorized:
            raise UnauthorizedError(
                f"the server does not accept this agent's key ({self._link.unauthorized}); enrol again"
            )

    def _send(self, stop: threading.Event) -> None:
        while True:
            try:
                self._link.run(self._link_stop)
                self._link.drain(self._deadline or 0.0)
                return
            except UnauthorizedError as error:
                log.error("link: %s", error.message)  # noqa: TRY400 - the traceback says nothing more
                stop.set()
                return
            except _FAILURES:
                log.exception("link: failed, will start again")
                self._link_stop.wait(_RESTART_S)

    def _beat(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._heartbeat.run(stop)
            except _FAILURES:
                log.exception("heartbeat: failed, will start again")
                stop.wait(_RESTART_S)

    def _say_stopped(self) -> None:
        try:
            self._baseline.report(AgentFinding(action="stopped", version=__version__), location="agent")
        except _FAILURES:
            log.exception("could not note that the agent stops")

    def _status(self) -> Mapping[str, Any]:
        return {collector.name: collector.status() for collector in self._collectors}


def _collectors(
    settings: AgentSettings, spool: Spool, baseline: Baseline, clock: Clock, inventory: InventoryCollector
) -> Iterator[Collector]:
    host = settings.host_name
    if settings.logs:
        yield LogCollector(
            settings.logs,
            spool=spool,
            baseline=baseline,
            clock=clock,
            host=host,
            poll_s=settings.poll_ms / 1000,
        )
    if settings.journal:
        yield JournalCollector(spool=spool, clock=clock, host=host, command=settings.journal_command)
    if settings.commands:
        yield CommandCollector(settings.commands, spool=spool, clock=clock, host=host)
    if settings.fim:
        watches = [Watch.of(one) for one in settings.fim]
        integrity = Integrity(watches, baseline, max_hash_bytes=int(settings.fim_max_hash_mb * _MB))
        yield IntegrityCollector(integrity, baseline, interval_s=settings.fim_interval)
    if settings.ports:
        yield PortCollector(baseline, interval_s=settings.ports_interval)
    if settings.hidden:
        yield HiddenCollector(
            baseline, interval_s=settings.hidden_interval, processes=ProcProcesses(), ports=ProcPorts()
        )
    if settings.inventory:
        yield inventory


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the state folder; two agents on one spool would give the same numbers twice."""
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise AgentError(f"another agent runs on {folder}") from error
    try:
        yield
    finally:
        os.close(file)
