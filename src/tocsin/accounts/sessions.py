"""Sessions: random tokens kept on the server by hash, ended by idleness, age, logout or a new password."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tocsin.accounts.credentials import Passwords, new_token, token_hash
from tocsin.accounts.errors import UnauthenticatedError
from tocsin.accounts.permissions import Principal, principal
from tocsin.accounts.tables import SessionRow, UserRow
from tocsin.core.actor import SYSTEM, Actor, AuditTrail
from tocsin.core.clock import HOUR, MINUTE, Clock


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts, in microseconds: unused, and at most."""

    idle_us: int = 8 * HOUR
    absolute_us: int = 24 * HOUR


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun; the token is shown this once and goes into the cookie."""

    token: str
    principal: Principal
    expires_at: int


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(
        self, clock: Clock, audit: AuditTrail, passwords: Passwords, limits: SessionLimits | None = None
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._passwords = passwords
        self._limits = limits or SessionLimits()

    def log_in(self, tx: Session, login: str, password: str, *, replaces: str | None = None) -> NewSession:
        """Begin a session, ending the one it replaces; raises `UnauthenticatedError`, saying not why.

        A refused attempt is not written here, since the error takes the transaction back:
        the caller records it with `refused`.
        """
        row = tx.get(UserRow, login)
        if not self._passwords.matches(row.password_hash if row else None, password) or not row or row.locked:
            raise UnauthenticatedError("wrong login or password")
        if replaces:
            self.end(tx, replaces)
        row.last_login_at = self._clock.now()
        return self.begin(tx, row.login)

    def refused(self, tx: Session, login: str, address: str) -> None:
        """Leave a trace of an attempt to log in that failed."""
        details = {"address": address}
        self._audit.record(tx, SYSTEM, "login-refused", kind="user", subject=login[:64], details=details)

    def begin(self, tx: Session, login: str) -> NewSession:
        """Begin a session of a user whose identity was proved."""
        user = tx.get_one(UserRow, login)
        now = self._clock.now()
        tx.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
        token = new_token()
        expires_at = now + self._limits.absolute_us
        tx.add(
            SessionRow(
                token_hash=token_hash(token), login=login, created_at=now, used_at=now, expires_at=expires_at
            )
        )
        actor = Actor("user", login)
        self._audit.record(tx, actor, "login", kind="user", subject=login)
        return NewSession(token, principal(actor, user.name, user.role), expires_at)

    def find(self, tx: Session, token: str) -> Principal | None:
        """Return whose session this is, or None when it is unknown, expired or its user locked."""
        now = self._clock.now()
        query = (
            select(SessionRow, UserRow)
            .join(UserRow, UserRow.login == SessionRow.login)
            .where(SessionRow.token_hash == token_hash(token))
        )
        found = tx.execute(query).first()
        if found is None:
            return None
        session, user = found
        if user.locked or session.expires_at <= now or session.used_at + self._limits.idle_us <= now:
            return None
        return principal(Actor("user", user.login), user.name, user.role)

    def is_stale(self, tx: Session, token: str) -> bool:
        """Say whether the session's last use is noted as more than a minute ago."""
        used_at = tx.scalar(select(SessionRow.used_at).where(SessionRow.token_hash == token_hash(token)))
        return used_at is not None and used_at + MINUTE <= self._clock.now()

    def touch(self, tx: Session, token: str) -> None:
        """Note that the session is in use, which puts its idle end off."""
        row = tx.get(SessionRow, token_hash(token))
        if row is not None:
            row.used_at = self._clock.now()

    def end(self, tx: Session, token: str) -> None:
        """End one session; nothing happens when it is not there."""
        tx.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash(token)))

    def end_all(self, tx: Session, login: str) -> None:
        """End every session of a user."""
        tx.execute(delete(SessionRow).where(SessionRow.login == login))
