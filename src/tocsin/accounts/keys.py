"""API keys: what programs call with. Shown once, kept by hash, with a role and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.accounts.credentials import new_token, token_hash
from tocsin.accounts.permissions import Principal, principal, role_named
from tocsin.accounts.tables import APIKeyRow
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import MINUTE, Clock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id


@dataclass(frozen=True, slots=True)
class APIKey:
    """A key as others may see it, without its secret."""

    id: str
    name: str
    role: str
    created_by: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None


class APIKeys:
    """Makes, finds and revokes keys."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def add(
        self, tx: Session, name: str, role: str, *, actor: Actor, expires_at: int | None = None
    ) -> tuple[APIKey, str]:
        """Make a key; returns it and its secret, which nobody can read again."""
        if not 0 < len(name) <= 128:
            raise InvalidError("a key's name has 1 to 128 characters")
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise InvalidError("a key cannot expire in the past")
        secret = new_token()
        row = APIKeyRow(
            id=new_id("key"),
            key_hash=token_hash(secret),
            name=name,
            role=role_named(role),
            created_by=str(actor),
            created_at=now,
            expires_at=expires_at,
        )
        tx.add(row)
        tx.flush()
        self._audit.record(tx, actor, "create", kind="api-key", subject=row.id, details={"role": role})
        return _key(row), secret

    def all(self, tx: Session) -> Sequence[APIKey]:
        """Return every key, newest first."""
        return [_key(row) for row in tx.scalars(select(APIKeyRow).order_by(APIKeyRow.created_at.desc()))]

    def revoke(self, tx: Session, identifier: str, *, actor: Actor) -> None:
        """Delete a key; raises `NotFoundError`."""
        row = tx.get(APIKeyRow, identifier)
        if row is None:
            raise NotFoundError(f"there is no API key {identifier!r}")
        tx.delete(row)
        self._audit.record(tx, actor, "delete", kind="api-key", subject=identifier)

    def find(self, tx: Session, secret: str) -> Principal | None:
        """Return who calls with this key, or None when it is unknown or expired."""
        row = _by_secret(tx, secret)
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        # No login holds a colon, so a key can never pass for a person in the audit trail.
        return principal(Actor("user", f"key:{row.name}"), row.name, row.role)

    def is_stale(self, tx: Session, secret: str) -> bool:
        """Say whether the key's last use is noted as more than a minute ago, or never."""
        row = _by_secret(tx, secret)
        return row is not None and (row.last_used_at or 0) + MINUTE <= self._clock.now()

    def touch(self, tx: Session, secret: str) -> None:
        """Note that the key is in use."""
        row = _by_secret(tx, secret)
        if row is not None:
            row.last_used_at = self._clock.now()


def _by_secret(tx: Session, secret: str) -> APIKeyRow | None:
    return tx.scalar(select(APIKeyRow).where(APIKeyRow.key_hash == token_hash(secret)))


def _key(row: APIKeyRow) -> APIKey:
    return APIKey(
        row.id, row.name, row.role, row.created_by, row.created_at, row.expires_at, row.last_used_at
    )
