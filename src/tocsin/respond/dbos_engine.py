"""Runs carried out by DBOS on SQLite (or PostgreSQL), resumed when their process died.

Five rules, learnt by trying it: our own database engine in WAL mode with a JSON serializer (its default is
pickle); one application version for ever; one interpreter workflow, so that a playbook is data; an executor
identifier per process with a heartbeat row, because DBOS itself resumes only work of the same identifier;
small step outputs and effects keyed by run and step, which the interpreter sees to.

DBOS keeps one instance per process, so there is one `DBOSEngine` per process at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID, StepOptions
from dbos import error as dbos_error
from sqlalchemy import Engine as SQLEngine
from sqlalchemy import create_engine, event

from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.respond.engine import EngineError, RunSteps, StepState
from tocsin.respond.executors import Executors

log = structlog.get_logger("tocsin.respond")

APPLICATION_VERSION = "1"
"""Never changed: DBOS strands the runs of another version."""

QUEUE = "playbooks"
WORKFLOW = "run_playbook"
_POLL_S = 0.1
BEAT_S = 2.0
TRIES = 6


class JSONSerializer(Serializer):
    """Keeps workflow data as JSON: what is read back can never be code."""

    def serialize(self, data: Any) -> str:
        """Return the data as JSON; an error as its type and text."""
        return orjson.dumps(data, default=_plain).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """Return the data."""
        return orjson.loads(serialized_data)

    def name(self) -> str:
        """Return the name DBOS keeps beside the data."""
        return "tocsin_json"


def _plain(value: object) -> Any:
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


class DBOSEngine:
    """Carries runs out through one DBOS workflow, in at most `workers` threads."""

    def __init__(
        self, url: str, database: Database, *, clock: Clock, workers: int = 2, retry_s: float = 0.2
    ) -> None:
        self._url = url
        self._workers = workers
        self._retry_s = retry_s
        self._executors = Executors(database, clock)
        self._steps: RunSteps | None = None
        self._sql: SQLEngine | None = None
        self._workflow: Any = None
        self._stop = threading.Event()
        self._beating: threading.Thread | None = None

    @property
    def executor_id(self) -> str:
        """The identifier under which this process carries runs out."""
        return self._executors.own_id

    def launch(self, steps: RunSteps) -> None:
        """Start DBOS in this process, take over the runs of dead processes, and begin to beat."""
        self._steps = steps
        self._executors.register()
        self._sql = _sql_engine(self._url)
        logging.getLogger("dbos").setLevel(logging.WARNING)
        DBOS(config=self._config(self._sql))
        self._workflow = self._register()
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._workers, polling_interval_sec=_POLL_S, on_conflict="always_update"
        )
        self._resume()
        self._beating = threading.Thread(target=self._beat, name="playbook-heartbeat", daemon=True)
        self._beating.start()

    def _config(self, sql: SQLEngine) -> DBOSConfig:
        return DBOSConfig(
            name="tocsin",
            system_database_url=self._url,
            system_database_engine=sql,
            serializer=JSONSerializer(),
            application_version=APPLICATION_VERSION,
            executor_id=self.executor_id,
            use_listen_notify=False,
            log_level="WARNING",
        )

    def _register(self) -> Any:
        """Return the workflow: a loop over the run's steps, each a DBOS step."""

        def execute(run_id: str, position: int) -> StepState:
            return self._known_steps().execute(run_id, position)

        def finish(run_id: str, error: str) -> None:
            self._known_steps().finish(run_id, error)

        def run_playbook(run_id: str, count: int) -> None:
            error = ""
            try:
                for position in range(count):
                    if DBOS.run_step(self._retried(f"step-{position}"), execute, run_id, position) == "stop":
                        break
            except dbos_error.DBOSMaxStepRetriesExceeded as given_up:
                error = f"given up: {given_up}"
            DBOS.run_step(self._retried("finish"), finish, run_id, error)

        return DBOS.workflow(name=WORKFLOW)(run_playbook)

    def _known_steps(self) -> RunSteps:
        if self._steps is None:
            raise EngineError("the engine is not launched")
        return self._steps

    def _retried(self, name: str) -> StepOptions:
        """Options of a step that is tried again while the database is busy."""
        return StepOptions(
            name=name,
            retries_allowed=True,
            max_attempts=TRIES,
            interval_seconds=self._retry_s,
            backoff_rate=2.0,
        )

    def start(self, run_id: str, count: int) -> None:
        """Take a run; the workflow's identifier is the run's, so a second time changes nothing."""
        if self._workflow is None:
            raise EngineError("the engine is not launched")
        with SetWorkflowID(run_id):
            DBOS.enqueue_workflow(QUEUE, self._workflow, run_id, count)

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of the runs that were taken, by this or another process."""
        if not run_ids:
            return set()
        found = DBOS.list_workflows(workflow_ids=list(run_ids), load_input=False, load_output=False)
        return {workflow.workflow_id for workflow in found}

    def forget(self, run_ids: Sequence[str]) -> None:
        """Delete the workflows of runs that ended."""
        if run_ids:
            DBOS.delete_workflows(list(run_ids))

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop DBOS after the runs under way, or after `timeout_s`."""
        self._stop.set()
        if self._beating is not None:
            self._beating.join(BEAT_S * 2)
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=int(timeout_s))
        self._executors.leave()
        if self._sql is not None:
            self._sql.dispose()
        self._workflow = None

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._executors.beat()
                self._resume()
            except Exception:  # supervised edge: the next beat tries again
                log.exception("heartbeat_failed")

    def _resume(self) -> None:
        """Queue again what dead processes were in the middle of."""
        pending = DBOS.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False)
        by_executor: dict[str, list[str]] = {}
        for workflow in pending:
            by_executor.setdefault(workflow.executor_id or "", []).append(workflow.workflow_id)
        for executor_id in self._executors.claim_dead(by_executor):
            run_ids = by_executor[executor_id]
            log.info("runs_resumed", executor=executor_id, runs=len(run_ids))
            DBOS.resume_workflows(run_ids, queue_name=QUEUE)


def _sql_engine(url: str) -> SQLEngine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.isolation_level = "IMMEDIATE"
