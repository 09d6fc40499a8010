"""Every night: all cases of all rules once more, and which rules are dead or have fallen silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import SYSTEM, Actor, AuditTrail
from tocsin.core.announce import Announcer
from tocsin.core.clock import DAY, MINUTE, Clock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, TocsinError
from tocsin.core.ids import new_id
from tocsin.detect.editing import Editor
from tocsin.detect.gaps import Census
from tocsin.detect.health import SPAN
from tocsin.detect.service import RuleService
from tocsin.detect.tables import RetestRow
from tocsin.detect.versions import WRITTEN

KEPT = 30
"""Re-tests that are kept, the newest."""

MOST_NEWS = 500
"""Rules spelt out that have fallen silent or dead since the test before."""

_LOOK_EVERY_S = 30.0

log = structlog.get_logger(__name__)


class RetestRunningError(ConflictError):
    """A re-test is under way already."""

    code = "retest-running"


@dataclass(frozen=True, slots=True)
class FailedCase:
    """A case that does not give what it expects, or that cannot be run."""

    rule_id: str
    name: str
    case: str
    reason: str


@dataclass(frozen=True, slots=True)
class Others:
    """The cases of rules that are not detections."""

    cases: int = 0
    failed: tuple[FailedCase, ...] = ()
    dead: tuple[tuple[str, str], ...] = ()
    """Rules that can never be a verdict: identifier and why."""


def no_others() -> Others:
    """Know of no other rules."""
    return Others()


class Retest:
    """Runs, compares with the time before, and keeps what came of it. Thread safe; one runs at a time."""

    def __init__(  # noqa: PLR0917 - what a test of all rules asks
        self,
        detection: RuleService,
        editor: Editor,
        census: Census,
        database: Database,
        audit: AuditTrail,
        announcer: Announcer,
        others: Callable[[], Others] = no_others,
    ) -> None:
        self._detection = detection
        self._editor = editor
        self._census = census
        self._database = database
        self._audit = audit
        self._announcer = announcer
        self._others = others
        self._turn = threading.Lock()

    def test(self, actor: Actor = SYSTEM) -> dict[str, Any]:
        """Run everything once and keep the result; raises `RetestRunningError`."""
        if not self._turn.acquire(blocking=False):
            raise RetestRunningError("a re-test of all rules is running: its result comes with its end")
        try:
            return self._test(actor)
        finally:
            self._turn.release()

    def results(self, tx: Session) -> Sequence[RetestRow]:
        """Return those kept, the newest first."""
        return tx.scalars(select(RetestRow).order_by(RetestRow.started_at.desc(), RetestRow.id.desc())).all()

    def run(self, stop: threading.Event, minute_of_day: int | None) -> None:
        """Test every day at that minute (UTC) until `stop` is set; None: never."""
        while minute_of_day is not None and not stop.is_set():
            try:
                if self.is_due(minute_of_day):
                    self.test()
            except TocsinError as error:
                log.warning("retest_failed", error=str(error))
            stop.wait(_LOOK_EVERY_S)

    def is_due(self, minute_of_day: int) -> bool:
        """Say whether the last minute of that name came after the last test, and not long ago.

        A platform that was off then waits for the next one.
        """
        now = self._clock.now()
        today = now // DAY * DAY + minute_of_day * MINUTE
        due = today if today <= now else today - DAY
        if now - due > 10 * MINUTE:
            return False
        with self._database.read() as tx:
            newest = next(iter(self.results(tx)), None)
            return newest is None or newest.started_at < due

    @property
    def _clock(self) -> Clock:
        return self._detection.clock

    def _test(self, actor: Actor) -> dict[str, Any]:
        started = self._clock.now()
        with self._database.read() as tx:
            cases, failed = self._cases(tx)
            silent = self._silent(tx, started)
            before = next(iter(self.results(tx)), None)
            earlier = dict(before.result) if before is not None else {}
        others = self._others()
        result = {
            "rules": len(self._detection.rules.running),
            "cases": cases + others.cases,
            "failed": [asdict(each) for each in (*failed, *others.failed)],
            "silent": silent,
        }
        result |= _news(result | {"dead": self._dead(others)}, earlier)
        row = RetestRow(
            id=new_id("retest"),
            started_at=started,
            ended_at=self._clock.now(),
            started_by=str(actor)[:200],
            result=result,
        )
        self._keep(row, actor, result)
        self._announcer.tell("rules", "retest")
        return {"id": row.id, **result}

    def _keep(self, row: RetestRow, actor: Actor, result: dict[str, Any]) -> None:
        counts = {name: len(result[name]) for name in ("failed", "dead", "silent", "newly_failed")}
        with self._database.write() as tx:
            for old in self.results(tx)[KEPT - 1 :]:
                tx.delete(old)
            tx.add(row)
            tx.flush()
            self._audit.record(tx, actor, "retest", kind="rules", subject=row.id, details=counts)

    def _cases(self, tx: Session) -> tuple[int, list[FailedCase]]:
        count, failed = 0, list[FailedCase]()
        for rule in self._detection.rules.all:
            if rule.kind not in WRITTEN:
                continue
            try:
                results = self._editor.run_stored(tx, rule.id)
            except TocsinError as error:
                failed.append(FailedCase(rule.id, rule.name, "", error.message))
                continue
            count += len(results)
            failed += [
                FailedCase(rule.id, rule.name, case.name, f"expected {case.expected}, found {case.found}")
                for case in results
                if not case.passed
            ]
        return count, failed

    def _dead(self, others: Others) -> list[dict[str, Any]]:
        gaps = [
            {"rule_id": gap.rule.id, "name": gap.rule.name, "reason": f"missing: {', '.join(gap.missing)}"}
            for gap in self._census.dead().values()
            if gap.enabled
        ]
        return gaps + [
            {"rule_id": name, "name": f"rule {name}", "reason": reason} for name, reason in others.dead
        ]

    def _silent(self, tx: Session, now: int) -> list[dict[str, Any]]:
        """Return the rules that matched once and have not for long; not those that never did."""
        return [
            {"rule_id": state.rule.id, "name": state.rule.name, "last_match_at": state.last_match_at}
            for state in self._detection.list(tx)
            if state.enabled and state.last_match_at is not None and now - state.last_match_at >= SPAN
        ]


def _news(result: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """Return what has joined each kind of trouble since the test before; of the dead, all their identifiers.

    There may be thousands that no data of this place can fulfil: only the new ones are spelt out.
    """
    found: dict[str, Any] = {"dead": sorted({each["rule_id"] for each in result["dead"]})}
    known = {
        "failed": {(each["rule_id"], each["case"]) for each in earlier.get("failed", ())},
        "silent": {each["rule_id"] for each in earlier.get("silent", ())},
        "dead": set(earlier.get("dead", ())),
    }
    found["newly_failed"] = [
        each for each in result["failed"] if (each["rule_id"], each["case"]) not in known["failed"]
    ]
    for kind in ("silent", "dead"):
        new = [each for each in result[kind] if each["rule_id"] not in known[kind]]
        found[f"newly_{kind}"] = new[:MOST_NEWS] if earlier else []
    return found
