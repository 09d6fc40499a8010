"""Dashboards and their reports by schedule, wired for `app.py` and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tocsin.accounts import Accounts, Audit, Permission
from tocsin.accounts.permissions import ROLES, role_named
from tocsin.api.dashboards import NEEDED, Dashboards
from tocsin.core.attack import known_techniques
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.errors import DeniedError, NotFoundError
from tocsin.dashboards import Answering, DashboardBook, Shelf
from tocsin.dashboards.ports import Log, Rights
from tocsin.dashboards.reporter import Reporter
from tocsin.dashboards.schedules import Finder, Keeping, Parties, Workshop, report_desk
from tocsin.notify.service import Notifications
from tocsin.notifying import ReportPost
from tocsin.seams import DashboardDesk
from tocsin.settings_sections import DashboardSettings

COMMAND_LINE = "command-line"
"""How those begin who act at the machine itself: they can read the files under everything."""


def parties_of(clock: Clock, notifications: Notifications, shelf: Shelf) -> Parties:
    """Return whom schedules of reports ask."""
    audit = Audit(clock)
    owners = ReportOwners(Accounts(clock, audit), clock)
    return Parties(Finder(shelf, DashboardBook(clock, audit)), owners, ReportPost(notifications))


def open_dashboards(
    settings: DashboardSettings, database: Database, clock: Clock, *, log: Log, parties: Parties
) -> Dashboards:
    """Return dashboards with their reports; nothing runs yet."""
    answering = Answering(log, DashboardDesk(), known_techniques())
    desk = report_desk(
        database,
        clock,
        Audit(clock),
        parties=parties,
        workshop=Workshop(Reporter(answering), settings.chromium),
        keeping=Keeping(settings.keep_reports, settings.keep_days, settings.keep_mib),
    )
    finder = parties.finder
    return Dashboards(finder.shelf, finder.book, answering, desk)


@dataclass(frozen=True, slots=True)
class ReportOwners:
    """People and API keys as owners of reports: what they may read, and whether they still may."""

    accounts: Accounts
    clock: Clock

    def rights(self, tx: Session, owner: str) -> Rights:
        """Return what the owner may see now; raises `DeniedError` for one who may have no reports made."""
        if owner.partition(":")[0] == COMMAND_LINE:
            return Rights(sees_all=True)
        held = self._permissions(tx, owner)
        if "dashboards:write" not in held:
            raise DeniedError(f"{owner} may have no reports made: that needs dashboards:write")
        denied = frozenset(source for source, needed in NEEDED.items() if needed not in held)
        return Rights(denied, sees_all="admin" in held)

    def _permissions(self, tx: Session, owner: str) -> frozenset[Permission]:
        kind, _, name = owner.partition(":")
        if kind == "key" and name:
            return self._of_keys(tx, name)
        try:
            user = self.accounts.users.get(tx, owner)
        except NotFoundError as error:
            raise DeniedError(f"there is no user {owner!r} any more") from error
        if user.locked:
            raise DeniedError(f"the user {owner!r} is locked")
        return ROLES[role_named(user.role)]

    def _of_keys(self, tx: Session, name: str) -> frozenset[Permission]:
        """Return what every key of that name may do: names need not be unique."""
        roles: Sequence[frozenset[Permission]] = [
            ROLES[role_named(key.role)]
            for key in self.accounts.keys.all(tx)
            if key.name == name and (key.expires_at is None or key.expires_at > self.clock.now())
        ]
        if not roles:
            raise DeniedError(f"there is no API key {name!r} any more")
        return frozenset.intersection(*roles)
