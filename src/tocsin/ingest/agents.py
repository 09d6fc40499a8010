"""The registry of agents: who may send, when each was last heard of, and how new ones join.

Keys and tokens are 256 random bits, kept by their SHA-256 only: nothing slower is needed against
guessing what cannot be guessed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import SECOND, Clock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.ingest.errors import UnknownKeyError
from tocsin.ingest.tables import AgentRow, EnrolmentTokenRow

AgentStatus = Literal["active", "silent", "never", "revoked"]
"""`active`: heard of lately. `silent`: not heard of lately. `never`: enrolled and not heard of since."""

SILENT_AFTER_S = 120
_DEFAULT_TOKEN_LIFE_S = 24 * 3600
_MAX_TOKEN_LIFE_S = 365 * 24 * 3600
_MAX_USES = 100_000
_MAX_STATE_BYTES = 1024 * 1024
_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the console shows it; times in microseconds since 1970, UTC."""

    id: str
    name: str
    status: AgentStatus
    version: str
    host: Mapping[str, Any]
    enrolled_at: int
    last_seen_at: int | None
    spool: Mapping[str, Any]
    collectors: Mapping[str, Any]
    inventory: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """A token as others may see it, without its secret."""

    id: str
    name: str
    uses_left: int
    created_at: int
    created_by: str
    expires_at: int


class Heartbeat(msgspec.Struct, frozen=True):
    """What an agent says of itself from time to time."""

    spool: dict[str, Any] = {}
    collectors: dict[str, Any] = {}
    inventory: dict[str, Any] | None = None
    version: str = ""


class Agents:
    """Enrols, knows and revokes agents. Every method takes the caller's transaction."""

    def __init__(self, clock: Clock, audit: AuditTrail, *, silent_after_s: int = SILENT_AFTER_S) -> None:
        self._clock = clock
        self._audit = audit
        self._silent_after = silent_after_s * SECOND

    def add_token(
        self,
        tx: Session,
        *,
        actor: Actor,
        name: str = "",
        uses: int = 1,
        expires_in_s: int = _DEFAULT_TOKEN_LIFE_S,
    ) -> tuple[EnrolmentToken, str]:
        """Make a token for `uses` agents; returns it and its secret, which nobody can read again."""
        if not 1 <= uses <= _MAX_USES:
            raise InvalidError(f"a token serves 1 to {_MAX_USES} agents, not {uses}")
        if not 1 <= expires_in_s <= _MAX_TOKEN_LIFE_S:
            raise InvalidError(f"a token lasts 1 to {_MAX_TOKEN_LIFE_S} seconds, not {expires_in_s}")
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        row = EnrolmentTokenRow(
            id=new_id("tok"),
            name=_name(name),
            token_hash=_hash(secret),
            uses_left=uses,
            created_at=now,
            created_by=str(actor),
            expires_at=now + expires_in_s * SECOND,
        )
        tx.add(row)
        tx.flush()
        self._audit.record(
            tx, actor, "create", kind="enrolment-token", subject=row.id, details={"uses": uses}
        )
        return _token(row), secret

    def tokens(self, tx: Session) -> Sequence[EnrolmentToken]:
        """Return the tokens that can still be used, newest first."""
        query = (
            select(EnrolmentTokenRow)
            .where(EnrolmentTokenRow.uses_left > 0, EnrolmentTokenRow.expires_at > self._clock.now())
            .order_by(EnrolmentTokenRow.created_at.desc())
        )
        return [_token(row) for row in tx.scalars(query)]

    def remove_token(self, tx: Session, token_id: str, *, actor: Actor) -> None:
        """Make a token useless; raises `NotFoundError`."""
        row = tx.get(EnrolmentTokenRow, token_id)
        if row is None:
            raise NotFoundError(f"there is no enrolment token {token_id!r}")
        tx.delete(row)
        self._audit.record(tx, actor, "delete", kind="enrolment-token", subject=token_id)

    def enrol(self, tx: Session, secret: str, name: str, host: Mapping[str, Any]) -> tuple[Agent, str]:
        """Use up one use of a token; returns the new agent and its key, which nobody can read again.

        Raises `UnknownKeyError` for a token that is unknown, used up or expired.
        """
        token = tx.scalar(select(EnrolmentTokenRow).where(EnrolmentTokenRow.token_hash == _hash(secret)))
        now = self._clock.now()
        if token is None or token.uses_left < 1 or token.expires_at <= now:
            raise UnknownKeyError("the enrolment token is unknown, used up or expired")
        token.uses_left -= 1
        key = secrets.token_urlsafe(32)
        row = AgentRow(
            id=new_id("agt"),
            name=_name(name) or "unnamed",
            key_hash=_hash(key),
            host=_bounded(host, "host"),
            enrolled_at=now,
            last_seen_at=None,
            revoked_at=None,
            version=str(host.get("version", ""))[:64],
            spool={},
            collectors={},
            inventory={},
        )
        tx.add(row)
        tx.flush()
        details = {"name": row.name, "token": token.id}
        self._audit.record(tx, Actor("agent", row.id), "enrol", kind="agent", subject=row.id, details=details)
        return self._agent(row), key

    def find(self, tx: Session, key: str) -> Agent:
        """Return the agent a key belongs to; raises `UnknownKeyError` when unknown or revoked."""
        row = tx.scalar(select(AgentRow).where(AgentRow.key_hash == _hash(key)))
        if row is None or row.revoked_at is not None:
            raise UnknownKeyError("the agent's key is unknown or revoked")
        return self._agent(row)

    def heard(self, tx: Session, agent_id: str, heartbeat: Heartbeat | None = None) -> None:
        """Take note that an agent is there, and of what it says of itself."""
        row = self._row(tx, agent_id)
        row.last_seen_at = self._clock.now()
        if heartbeat is None:
            return
        row.spool = _bounded(heartbeat.spool, "spool")
        row.collectors = _bounded(heartbeat.collectors, "collectors")
        if heartbeat.version:
            row.version = heartbeat.version[:64]
        if heartbeat.inventory is not None:
            row.inventory = _bounded(heartbeat.inventory, "inventory")

    def all(self, tx: Session) -> Sequence[Agent]:
        """Return every agent, by name; revoked ones too."""
        return [self._agent(row) for row in tx.scalars(select(AgentRow).order_by(AgentRow.name, AgentRow.id))]

    def get(self, tx: Session, agent_id: str) -> Agent:
        """Return one agent; raises `NotFoundError`."""
        return self._agent(self._row(tx, agent_id))

    def revoke(self, tx: Session, agent_id: str, *, actor: Actor) -> Agent:
        """End an agent's right to send; its events stay. Raises `NotFoundError`."""
        row = self._row(tx, agent_id)
        if row.revoked_at is None:
            row.revoked_at = self._clock.now()
            details = {"name": row.name}
            self._audit.record(tx, actor, "revoke", kind="agent", subject=agent_id, details=details)
        return self._agent(row)

    def _row(self, tx: Session, agent_id: str) -> AgentRow:
        row = tx.get(AgentRow, agent_id)
        if row is None:
            raise NotFoundError(f"there is no agent {agent_id!r}")
        return row

    def _agent(self, row: AgentRow) -> Agent:
        return Agent(
            id=row.id,
            name=row.name,
            status=self._status(row),
            version=row.version,
            host=row.host,
            enrolled_at=row.enrolled_at,
            last_seen_at=row.last_seen_at,
            spool=row.spool,
            collectors=row.collectors,
            inventory=row.inventory,
        )

    def _status(self, row: AgentRow) -> AgentStatus:
        if row.revoked_at is not None:
            return "revoked"
        if row.last_seen_at is None:
            return "never"
        return "active" if self._clock.now() - row.last_seen_at <= self._silent_after else "silent"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _name(text: str) -> str:
    printable = "".join(character for character in text if character.isprintable())
    return printable.strip()[:_NAME_LENGTH]


def _bounded(document: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return the document as plain JSON values; raises `InvalidError` when it is too large."""
    try:
        encoded = msgspec.json.encode(dict(document))
    except (msgspec.MsgspecError, TypeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidError(f"{what} is not JSON: {error}") from error
    if len(encoded) > _MAX_STATE_BYTES:
        raise InvalidError(f"{what} is larger than {_MAX_STATE_BYTES} bytes")
    plain: dict[str, Any] = msgspec.json.decode(encoded)
    return plain


def _token(row: EnrolmentTokenRow) -> EnrolmentToken:
    return EnrolmentToken(row.id, row.name, row.uses_left, row.created_at, row.created_by, row.expires_at)
