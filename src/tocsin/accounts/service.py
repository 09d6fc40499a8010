"""The public face of accounts: users, sessions, keys and the first run, put together."""

from __future__ import annotations

import hmac

from argon2 import PasswordHasher
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tocsin.accounts.credentials import Passwords, new_token, token_hash
from tocsin.accounts.errors import UnauthenticatedError
from tocsin.accounts.keys import APIKeys
from tocsin.accounts.sessions import NewSession, SessionLimits, Sessions
from tocsin.accounts.tables import SetupTokenRow, UserRow
from tocsin.accounts.users import Users
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError

_ONLY = 1


class Accounts:
    """Who may call and what they may do. All methods take the caller's transaction."""

    def __init__(
        self,
        clock: Clock,
        audit: AuditTrail,
        *,
        limits: SessionLimits | None = None,
        hasher: PasswordHasher | None = None,
    ) -> None:
        passwords = Passwords(hasher)
        self._clock = clock
        self.sessions = Sessions(clock, audit, passwords, limits)
        self.users = Users(clock, audit, passwords, self.sessions)
        self.keys = APIKeys(clock, audit)

    def needs_setup(self, tx: Session) -> bool:
        """Say whether there is no user yet."""
        return tx.scalar(select(UserRow.login).limit(1)) is None

    def setup_token(self, tx: Session) -> str | None:
        """Return a fresh token to make the first administrator with; None when there is a user.

        A token returned before is void from then on: what is printed last is what works.
        """
        if not self.needs_setup(tx):
            return None
        token = new_token()
        tx.merge(SetupTokenRow(id=_ONLY, token_hash=token_hash(token), created_at=self._clock.now()))
        return token

    def set_up(self, tx: Session, token: str, login: str, password: str) -> NewSession:
        """Make the first administrator and begin a session; the token is used up.

        Raises `ConflictError` when there is a user, `UnauthenticatedError` when the token is wrong.
        """
        if not self.needs_setup(tx):
            raise ConflictError("the platform is set up: log in instead")
        row = tx.get(SetupTokenRow, _ONLY)
        if row is None or not hmac.compare_digest(row.token_hash, token_hash(token)):
            raise UnauthenticatedError("wrong setup token: the right one was printed by `tocsin up`")
        tx.execute(delete(SetupTokenRow))
        self.users.add(
            tx, login, name=login, role="administrator", password=password, actor=Actor("user", login)
        )
        return self.sessions.begin(tx, login)
