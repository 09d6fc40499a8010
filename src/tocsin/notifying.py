"""What ties telling people to the rest: opened by the settings, fed by the audit trail and by playbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tocsin.accounts import Audit
from tocsin.cases import Alert, Case
from tocsin.core.actor import Actor
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.detection import Service
from tocsin.core.errors import NotFoundError, Problem
from tocsin.core.sealing import seal_of
from tocsin.dashboards.ports import Told
from tocsin.dashboards.schedules.kept import content_of
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.telling import services
from tocsin.notify.channels import of_settings
from tocsin.notify.delivery import Effort
from tocsin.notify.elastalert import RuleTeller
from tocsin.notify.elastalert.teller import Leave
from tocsin.notify.happenings import alert_happening, case_happening, events_of
from tocsin.notify.model import Attachment, Message
from tocsin.notify.service import Notifications
from tocsin.notify.service import Settings as NotifySettings
from tocsin.respond.ports import Notice
from tocsin.settings import Settings


def open_notifications(
    settings: Settings, db: Database, folder: Path, clock: Clock, audit: Audit
) -> tuple[Notifications, Sequence[Problem]]:
    """Return what tells people, and what is wrong with channels and routes of the settings."""
    wanted = settings.notify
    base, problems = of_settings(wanted.channels, wanted.routes, "tocsin.toml")
    chosen = NotifySettings(
        base=base,
        url=wanted.url,
        personal=wanted.personal,
        private=wanted.private,
        ca=wanted.ca,
        effort=Effort(wanted.attempts, wanted.keep_days),
    )
    notifications = Notifications(db, clock, audit, seal_of(folder), settings=chosen)
    notifications.files = ReportFiles(db)
    return notifications, problems


def rule_teller(
    settings: Settings, notifications: Notifications, clock: Clock, rules: Callable[[], RuleSet]
) -> RuleTeller:
    """Return what tells for rules that name services, and have it find their channels again."""
    wanted = settings.notify
    leave = Leave(wanted.elastalert == "on", wanted.hosts, wanted.elastalert_options)

    def services_of(rule_id: str) -> Sequence[Service]:
        rule = rules().by_id.get(rule_id)
        if rule is None or rule.watch is None:
            raise NotFoundError(f"there is no rule {rule_id!r} that tells services")
        return services(rule.watch)

    teller = RuleTeller(notifications.outbox, clock, leave, services_of)
    notifications.rules = teller
    return teller


@dataclass(frozen=True, slots=True)
class TellingTrail:
    """The audit trail of alerts and cases, from which people are told: in the same transaction."""

    audit: Audit
    notifications: Notifications

    def record(
        self,
        tx: Session,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the entry, and the messages that are wanted about it."""
        self.audit.record(tx, actor, action, kind=kind, subject=subject, details=details)
        if not self.notifications.listens:
            return
        if kind == "alert" and (alert := tx.get(Alert, subject)) is not None:
            for event in events_of(kind, action, details, alert.assignee):
                self.notifications.tell(tx, alert_happening(event, alert, str(actor)))
        elif kind == "case" and (case := tx.get(Case, subject)) is not None:
            for event in events_of(kind, action, details, case.assignee):
                self.notifications.tell(tx, case_happening(event, case, str(actor)))


@dataclass(frozen=True, slots=True)
class PlaybookPost:
    """The outbox, as a step of a playbook writes to it."""

    notifications: Notifications

    def post(self, tx: Session, channels: Sequence[str], notice: Notice) -> Sequence[str]:
        """Write the message for each channel; raises `InvalidError` for unknown ones."""
        message = Message(
            key=notice.key,
            event="playbook",
            title=notice.title,
            body=notice.body,
            severity=notice.severity,
            at=notice.at,
            subject_type=notice.subject_type,
            subject_id=notice.subject_id,
            group=f"tocsin:{notice.subject_id}",
        )
        return self.notifications.post(tx, channels, message)


@dataclass(frozen=True, slots=True)
class ReportPost:
    """The outbox, as reports of dashboards go out by it."""

    notifications: Notifications

    def channels(self) -> Sequence[tuple[str, str]]:
        """Return the name and the kind, in words, of each channel that can be used."""
        found = self.notifications.directory.channels
        return [
            (name, channel.kind.label)
            for name, channel in sorted(found.items())
            if channel.enabled and not channel.problem
        ]

    def check(self, names: Sequence[str]) -> None:
        """Raise `InvalidError` for a channel that is not there."""
        if names:
            self.notifications.refresh(now=True)
        for name in names:
            self.notifications.directory.known(name)

    def send(self, tx: Session, names: Sequence[str], told: Told) -> Sequence[str]:
        """Write messages to channels; returns the channels that are there."""
        there = [name for name in names if name in self.notifications.directory.channels]
        self.notifications.post(tx, there, self._message(told))
        return there

    def tell_owner(self, tx: Session, owner: str, told: Told) -> None:
        """Tell a person by mail, if they are reached by it."""
        self.notifications.mail_to(tx, owner, self._message(told))

    def _message(self, told: Told) -> Message:
        base = self.notifications.settings.url.rstrip("/")
        link = f"{base}/dashboards/{told.dashboard_id}?reports=1" if base else ""
        attachment = Attachment(id=told.report_id, name=told.file, media=told.media) if told.file else None
        return Message(
            key=told.key,
            event="report",
            title=told.title,
            body=f"{told.body}\n{link}\n" if link else told.body,
            severity=1,
            at=told.at,
            subject_type="dashboard",
            subject_id=told.report_id,
            link=link,
            attachment=attachment,
        )


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of reports, as messages take them along."""

    db: Database

    def content(self, file_id: str) -> bytes | None:
        """Return the file of a report; None when it is no longer kept."""
        with self.db.read() as tx:
            return content_of(tx, file_id)
