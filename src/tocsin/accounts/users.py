"""Users: made, changed and locked by an administrator; passwords changed by themselves too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.accounts.credentials import Passwords
from tocsin.accounts.permissions import role_named
from tocsin.accounts.sessions import Sessions
from tocsin.accounts.tables import UserRow
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """A user as others may see it."""

    login: str
    name: str
    role: str
    locked: bool
    created_at: int
    last_login_at: int | None


class Users:
    """Keeps users. Every change is audited; a password or role change, and a lock, end all sessions."""

    def __init__(self, clock: Clock, audit: AuditTrail, passwords: Passwords, sessions: Sessions) -> None:
        self._clock = clock
        self._audit = audit
        self._passwords = passwords
        self._sessions = sessions

    def add(self, tx: Session, login: str, *, name: str, role: str, password: str, actor: Actor) -> User:
        """Make a user; raises `ConflictError` when the login is taken, `InvalidError` on bad values."""
        if not _LOGIN.fullmatch(login):
            raise InvalidError(f"{login!r} is no login: letters, digits and . _ @ + - only, 64 at most")
        if tx.scalar(select(UserRow.login).where(func.lower(UserRow.login) == login.lower())):
            raise ConflictError(f"the login {login!r} is taken")
        now = self._clock.now()
        row = UserRow(
            login=login,
            name=_checked_name(name or login),
            role=role_named(role),
            password_hash=self._passwords.hash(password),
            locked=False,
            created_at=now,
            updated_at=now,
        )
        tx.add(row)
        tx.flush()
        self._audit.record(tx, actor, "create", kind="user", subject=login, details={"role": role})
        return _user(row)

    def get(self, tx: Session, login: str) -> User:
        """Return the user; raises `NotFoundError`."""
        return _user(_row(tx, login))

    def all(self, tx: Session) -> Sequence[User]:
        """Return every user by login."""
        return [_user(row) for row in tx.scalars(select(UserRow).order_by(UserRow.login))]

    def change(
        self,
        tx: Session,
        login: str,
        *,
        actor: Actor,
        name: str | None = None,
        role: str | None = None,
        locked: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Set what is given; raises `ConflictError` when no unlocked administrator would be left."""
        row = _row(tx, login)
        details: dict[str, list[object]] = {}
        for field, value in (("name", name), ("role", role), ("locked", locked)):
            if value is not None and value != getattr(row, field):
                details[field] = [getattr(row, field), value]
        if name is not None:
            row.name = _checked_name(name)
        if role is not None:
            row.role = role_named(role)
        if locked is not None:
            row.locked = locked
        if password is not None:
            row.password_hash = self._passwords.hash(password)
            details["password"] = ["", "changed"]
        row.updated_at = self._clock.now()
        tx.flush()
        if details.keys() & {"role", "locked"}:
            _require_an_administrator(tx)
        if details.keys() & {"role", "locked", "password"}:
            self._sessions.end_all(tx, login)
        if details:
            self._audit.record(tx, actor, "update", kind="user", subject=login, details=details)
        return _user(row)

    def change_own_password(self, tx: Session, login: str, current: str, password: str, actor: Actor) -> None:
        """Set a new password after checking the present one; raises `DeniedError` when that is wrong."""
        row = _row(tx, login)
        if not self._passwords.matches(row.password_hash, current):
            raise DeniedError("the current password is wrong")
        self.change(tx, login, actor=actor, password=password)


def _row(tx: Session, login: str) -> UserRow:
    row = tx.get(UserRow, login)
    if row is None:
        raise NotFoundError(f"there is no user {login!r}")
    return row


def _checked_name(name: str) -> str:
    if not 0 < len(name) <= 128:
        raise InvalidError("a user's name has 1 to 128 characters")
    return name


def _require_an_administrator(tx: Session) -> None:
    unlocked = select(func.count()).where(UserRow.role == "administrator", UserRow.locked.is_(False))
    if not tx.scalar(unlocked):
        raise ConflictError("at least one administrator must stay and not be locked")


def _user(row: UserRow) -> User:
    return User(row.login, row.name, row.role, row.locked, row.created_at, row.last_login_at)
