"""Alerts: recorded, looked at, closed with a reason, or carried into a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tocsin.cases import changes as changing
from tocsin.cases.casework import CaseService, drafts_of
from tocsin.cases.filtering import ALERT_FIELDS, condition
from tocsin.cases.linking import Linker
from tocsin.cases.listing import Ordering, Page, page_of
from tocsin.cases.model import (
    ALERT_RESOLUTIONS,
    CLOSED_ALERT,
    OPEN_ALERT,
    VERDICTS,
    CaseSettings,
    one_of,
    short,
)
from tocsin.cases.observables import ObservableDraft
from tocsin.cases.recording import AlertOutcome, Recorder
from tocsin.cases.similar import Similar, similar
from tocsin.cases.tables import Alert, AlertEvent, Case, Comment, Observable
from tocsin.cases.tasks import TaskDraft
from tocsin.cases.withdrawing import Withdrawer
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.detection import Detection
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError, TocsinError
from tocsin.query.tree import Node

SORTS: Mapping[str, InstrumentedAttribute[Any]] = {
    "last_at": Alert.last_at,
    "created_at": Alert.created_at,
    "severity": Alert.severity,
    "event_count": Alert.event_count,
    "number": Alert.number,
}
GROUPS: Mapping[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]]] = {
    "rule": (Alert.rule_id, Alert.rule_name),
    "group_key": (Alert.group_key, Alert.group_key),
    "severity": (Alert.severity, Alert.severity),
    "assignee": (Alert.assignee, Alert.assignee),
    "status": (Alert.status, Alert.status),
}
_MOST_GROUPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts to list; what is empty leaves that open."""

    query: Node | None = None
    statuses: Sequence[str] = ()
    severities: Sequence[int] = ()
    assignee: str | None = None
    rule_id: str | None = None
    from_at: int | None = None
    to_at: int | None = None


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Alerts that share a value."""

    key: str
    label: str
    count: int
    open: int
    max_severity: int
    last_at: int


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What became of one alert of a bulk action."""

    id: str
    ok: bool
    detail: str


class AlertService:
    """What can be done with alerts. Every method takes the caller's transaction and audits what it does."""

    def __init__(
        self, clock: Clock, audit: AuditTrail, cases: CaseService, settings: CaseSettings | None = None
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._cases = cases
        self.settings = settings or cases.settings
        self.observables = cases.observables
        self.comments = cases.comments
        self.links = Linker(clock, audit, cases)
        self._recorder = Recorder(clock, audit, self.settings)
        self._withdrawer = Withdrawer(clock, audit)

    def record(self, tx: Session, detection: Detection) -> AlertOutcome:
        """Open an alert, or let the detection join one of the same rule and group: see `Recorder`."""
        return self._recorder.record(tx, detection)

    def withdraw(self, tx: Session, detection: Detection) -> None:
        """Take back what a detection said, because a late event shows it was not so: see `Withdrawer`."""
        self._withdrawer.withdraw(tx, detection)

    def get(self, tx: Session, alert_id: str) -> Alert:
        """Return the alert by id, or by number as text; raises `NotFoundError`."""
        if alert_id.isascii() and alert_id.isdigit() and len(alert_id) < 10:
            row = tx.scalar(select(Alert).where(Alert.number == int(alert_id)))
        else:
            row = tx.get(Alert, alert_id)
        if row is None:
            raise NotFoundError(f"there is no alert {alert_id!r}")
        return row

    def page(
        self, tx: Session, wanted: AlertFilter, *, sort: str, limit: int, cursor: str | None = None
    ) -> Page[Alert]:
        """Return a page of alerts; `sort` is a name of `SORTS`, with `-` before it for the highest first."""
        name = one_of("order of alerts", sort.removeprefix("-"), tuple(SORTS))
        ordering = Ordering(sort, SORTS[name], Alert.id, sort.startswith("-"))
        query = select(Alert).where(*_conditions(wanted))
        return page_of(tx, query, ordering, limit=limit, cursor=cursor)

    def groups(self, tx: Session, by: str, wanted: AlertFilter) -> list[AlertGroup]:
        """Return the alerts counted by rule, group_key, severity, assignee or status; the latest first."""
        key, label = GROUPS[one_of("way to group alerts", by, tuple(GROUPS))]
        is_open = func.sum(Alert.status.in_(OPEN_ALERT).cast(Alert.severity.type))
        latest = func.max(Alert.last_at)
        query = (
            select(key, func.max(label), func.count(), is_open, func.max(Alert.severity), latest)
            .where(*_conditions(wanted))
            .group_by(key)
            .order_by(latest.desc())
            .limit(_MOST_GROUPS)
        )
        return [
            AlertGroup("" if key is None else str(key), "" if label is None else str(label), *rest)
            for key, label, *rest in tx.execute(query)
        ]

    def events(
        self, tx: Session, alert_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[AlertEvent]:
        """Return a page of the events the alert stands on, newest first."""
        ordering = Ordering("-at", AlertEvent.at, AlertEvent.event_id, descending=True)
        query = select(AlertEvent).where(AlertEvent.alert_id == alert_id)
        return page_of(tx, query, ordering, limit=limit, cursor=cursor)

    def of_event(self, tx: Session, event_id: str, *, limit: int = 100) -> list[Alert]:
        """Return the alerts that stand on an event, newest first."""
        query = (
            select(Alert)
            .join(AlertEvent, AlertEvent.alert_id == Alert.id)
            .where(AlertEvent.event_id == event_id)
            .order_by(Alert.number.desc())
            .limit(limit)
        )
        return list(tx.scalars(query))

    def change(self, tx: Session, alert_id: str, changes: Mapping[str, Any], actor: Actor) -> Alert:
        """Set fields; `status` may be `new` or `in_progress` while the alert is open."""
        row = self.get(tx, alert_id)
        fields = dict(changes)
        status = fields.pop("status", None)
        details = changing.apply(tx, row, fields)
        if status is not None and status != row.status:
            self._require_open(row)
            details["status"] = [row.status, one_of("status to set", status, OPEN_ALERT)]
            self._set_status(row, status)
        if details:
            self._note(tx, row, "update", actor, details)
        return row

    def assign(self, tx: Session, alert_id: str, assignee: str | None, actor: Actor) -> Alert:
        """Give the alert to somebody, or with None to nobody."""
        return self.change(tx, alert_id, {"assignee": assignee}, actor)

    def set_verdict(self, tx: Session, alert_id: str, verdict: str | None, actor: Actor) -> Alert:
        """Say what the alert's facts amount to: safe, info, suspicious or malicious."""
        row = self.get(tx, alert_id)
        wanted = one_of("verdict", verdict, VERDICTS) if verdict is not None else None
        if wanted != row.verdict:
            before, row.verdict = row.verdict, wanted
            self._note(tx, row, "set-verdict", actor, {"verdict": [before, wanted]})
        return row

    def close(self, tx: Session, alert_id: str, resolution: str, reason: str, actor: Actor) -> Alert:
        """Close an open alert, else `ConflictError`; one that is a duplicate counts as ignored."""
        row = self.get(tx, alert_id)
        self._require_open(row)
        row.resolution = one_of("resolution of an alert", resolution, ALERT_RESOLUTIONS)
        row.reason = short("a reason", reason, 65_536)
        self._set_status(row, "ignored" if resolution == "duplicate" else "closed")
        row.closed_at, row.closed_by = self._clock.now(), str(actor)
        self._note(tx, row, "close", actor, {"resolution": resolution, "reason": row.reason[:1000]})
        return row

    def reopen(self, tx: Session, alert_id: str, actor: Actor, reason: str = "") -> Alert:
        """Take a closed alert up again; raises `ConflictError` when it is not closed."""
        row = self.get(tx, alert_id)
        if row.status not in CLOSED_ALERT:
            raise ConflictError(f"alert {row.number} is {row.status.replace('_', ' ')}, not closed")
        details = {"resolution": [row.resolution, None], "reason": short("a reason", reason, 65_536)[:1000]}
        row.resolution = row.closed_at = row.closed_by = None
        row.reason = ""
        self._set_status(row, "in_progress" if row.assignee else "new")
        self._note(tx, row, "reopen", actor, details)
        return row

    def promote(
        self,
        tx: Session,
        alert_id: str,
        actor: Actor,
        *,
        title: str | None = None,
        tasks: Iterable[TaskDraft | str] = (),
        assignee: str | None = None,
        tags: Iterable[str] = (),
    ) -> Case:
        """Open a case from the alert; an alert that is in a case gives that case back."""
        return self.links.promote(
            tx, self.get(tx, alert_id), actor, title=title, tasks=tasks, assignee=assignee, tags=tags
        )

    def merge(self, tx: Session, alert_id: str, case_id: str, actor: Actor) -> Case:
        """Put the alert into an open case."""
        return self.links.merge(tx, self.get(tx, alert_id), case_id, actor)

    def unmerge(self, tx: Session, alert_id: str, case_id: str, actor: Actor) -> Alert:
        """Take the alert out of the case, with what only it brought."""
        return self.links.unmerge(tx, self.get(tx, alert_id), case_id, actor)

    def comment(self, tx: Session, alert_id: str, message: str, actor: Actor) -> Comment:
        """Add a comment."""
        return self.comments.add(tx, "alert", self.get(tx, alert_id).id, message, actor)

    def add_observables(
        self,
        tx: Session,
        alert_id: str,
        observables: Iterable[ObservableDraft | tuple[str, str, str, Iterable[str]]],
        actor: Actor,
    ) -> list[Observable]:
        """Add observables, given whole or as (kind, value, message, tags); an alert in a case shares them."""
        row = self.get(tx, alert_id)
        drafts = drafts_of(observables)
        added = self.observables.add(tx, "alert", row.id, drafts, actor)
        if row.case_id is not None:
            self.observables.add(tx, "case", row.case_id, drafts, actor, origin=row.id)
        return added

    def similar(self, tx: Session, alert_id: str) -> list[Similar]:
        """Return alerts and cases that share observables."""
        return similar(tx, self.get(tx, alert_id).id, limit=self.settings.similar_limit)

    def bulk(
        self,
        tx: Session,
        ids: Sequence[str],
        action: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        *,
        dry_run: bool = False,
    ) -> list[BulkItem]:
        """Do one thing to many alerts; each succeeds or fails by itself, and a dry run changes nothing.

        Actions: `close` (resolution, reason), `assign` (assignee), `reopen`, `tag` (tags), and `promote`
        (title, assignee), which makes one case of them all.
        """
        act = self._bulk_action(tx, action, arguments, actor)
        items: list[BulkItem] = []
        with tx.begin_nested() as whole:
            for alert_id in dict.fromkeys(ids):
                try:
                    with tx.begin_nested():
                        items.append(BulkItem(alert_id, ok=True, detail=act(alert_id)))
                except TocsinError as error:
                    items.append(BulkItem(alert_id, ok=False, detail=error.message))
            if dry_run:
                whole.rollback()
        return items

    def _bulk_action(
        self, tx: Session, action: str, arguments: Mapping[str, Any], actor: Actor
    ) -> Callable[[str], str]:
        case_ids: list[str] = []

        def close(alert_id: str) -> str:
            resolution, reason = str(arguments.get("resolution", "")), str(arguments.get("reason", ""))
            row = self.close(tx, alert_id, resolution, reason, actor)
            return f"{row.status} as {resolution.replace('_', ' ')}"

        def assign(alert_id: str) -> str:
            assignee = arguments.get("assignee")
            self.assign(tx, alert_id, str(assignee) if assignee else None, actor)
            return f"assigned to {assignee}" if assignee else "assigned to nobody"

        def reopen(alert_id: str) -> str:
            return self.reopen(tx, alert_id, actor, str(arguments.get("reason", ""))).status

        def tag(alert_id: str) -> str:
            row = self.get(tx, alert_id)
            tags = [*row.tags, *(str(each) for each in arguments.get("tags", ()))]
            return ", ".join(self.change(tx, row.id, {"tags": tags}, actor).tags)

        def promote(alert_id: str) -> str:
            if not case_ids:
                title, assignee = arguments.get("title"), arguments.get("assignee")
                case = self.promote(
                    tx,
                    alert_id,
                    actor,
                    title=str(title) if title else None,
                    assignee=str(assignee) if assignee else None,
                )
                case_ids.append(case.id)
            else:
                case = self.merge(tx, alert_id, case_ids[0], actor)
            return f"case {case.number}"

        actions = {"close": close, "assign": assign, "reopen": reopen, "tag": tag, "promote": promote}
        if action not in actions:
            raise InvalidError(f"{action!r} is no bulk action; known: {', '.join(actions)}")
        return actions[action]

    def _require_open(self, row: Alert) -> None:
        if row.status not in OPEN_ALERT:
            raise ConflictError(f"alert {row.number} is {row.status}: that needs an open one")

    def _set_status(self, row: Alert, status: str) -> None:
        row.status = status
        if status == "in_progress" and row.in_progress_at is None:
            row.in_progress_at = self._clock.now()

    def _note(
        self, tx: Session, row: Alert, action: str, actor: Actor, details: Mapping[str, Any] | None = None
    ) -> None:
        row.updated_at = self._clock.now()
        tx.flush()
        self._audit.record(tx, actor, action, kind="alert", subject=row.id, details=details)


def _conditions(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.query is not None:
        conditions.append(condition(wanted.query, ALERT_FIELDS))
    if wanted.statuses:
        conditions.append(Alert.status.in_(wanted.statuses))
    if wanted.severities:
        conditions.append(Alert.severity.in_(wanted.severities))
    if wanted.assignee is not None:
        conditions.append(Alert.assignee == wanted.assignee)
    if wanted.rule_id is not None:
        conditions.append(Alert.rule_id == wanted.rule_id)
    if wanted.from_at is not None:
        conditions.append(Alert.last_at >= wanted.from_at)
    if wanted.to_at is not None:
        conditions.append(Alert.first_at < wanted.to_at)
    return conditions
