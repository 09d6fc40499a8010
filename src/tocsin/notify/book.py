"""Channels and routes as people handle them in the console, each change with an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.sealing import Seal
from tocsin.notify.channels import PER_MINUTE, Channel, Directory, channel_of, checked_name, opened
from tocsin.notify.kinds import Kind, kind_named
from tocsin.notify.routes import Route, read_route
from tocsin.notify.tables import ChannelRow, RouteRow


class ChannelBook:
    """The channels and routes of the database. Every method takes the caller's transaction."""

    def __init__(
        self,
        clock: Clock,
        audit: AuditTrail,
        seal: Seal,
        *,
        base: Directory,
        directory: Callable[[], Directory],
    ) -> None:
        """`base` holds what stands in the settings, `directory` returns everything there is."""
        self._clock = clock
        self._audit = audit
        self._seal = seal
        self._base = base
        self._directory = directory

    def add_channel(
        self,
        tx: Session,
        name: str,
        kind: str,
        options: Mapping[str, Any],
        actor: Actor,
        *,
        enabled: bool = True,
        per_minute: int = PER_MINUTE,
    ) -> Channel:
        """Keep a channel, its secrets sealed; raises `InvalidError`, `ConflictError`."""
        if name in self._base.channels or tx.get(ChannelRow, name) is not None:
            raise ConflictError(f"there is a channel {name!r}")
        made = channel_of(name, kind_named(kind), options, enabled=enabled, per_minute=per_minute)
        now = self._clock.now()
        _, secret = made.kind.parted(options)
        tx.add(
            ChannelRow(
                name=name,
                kind=kind,
                options=dict(made.shown),
                sealed=self._seal.close(secret),
                enabled=enabled,
                per_minute=per_minute,
                created_by=str(actor)[:200],
                created_at=now,
                updated_at=now,
            )
        )
        tx.flush()
        details = {"kind": kind, "options": dict(made.shown), "secrets": list(made.secrets)}
        self._audit.record(tx, actor, "create", kind="channel", subject=name, details=details)
        return made

    def change_channel(
        self,
        tx: Session,
        name: str,
        actor: Actor,
        *,
        options: Mapping[str, Any] | None = None,
        enabled: bool | None = None,
        per_minute: int | None = None,
    ) -> Channel:
        """Change a channel. Options replace the shown ones; secret ones that are not given stay."""
        row = self._own_channel(tx, name)
        kind = kind_named(row.kind)
        given = dict(row.options if options is None else options)
        before = opened(row, self._seal)
        kept = {} if before.options is None else self._seal.open(row.sealed)
        _check_move(kind, {**row.options, **kept}, given, kept)
        merged = {**kept, **given}
        made = channel_of(
            name,
            kind,
            merged,
            enabled=row.enabled if enabled is None else enabled,
            per_minute=row.per_minute if per_minute is None else per_minute,
        )
        details = _changes(before, made, sorted(name for name in given if name in kind.secrets))
        _, secret = kind.parted(merged)
        row.options, row.sealed = dict(made.shown), self._seal.close(secret)
        row.enabled, row.per_minute, row.updated_at = made.enabled, made.per_minute, self._clock.now()
        tx.flush()
        if details:
            self._audit.record(tx, actor, "update", kind="channel", subject=name, details=details)
        return made

    def remove_channel(self, tx: Session, name: str, actor: Actor) -> None:
        """Forget a channel; what waits for it will be dead. Raises `ConflictError` while a route names it."""
        row = self._own_channel(tx, name)
        users = [each for each, route in self._directory().routes.items() if name in route.channels]
        if users:
            raise ConflictError(f"the channel is used by the route {users[0]!r}: change that first")
        tx.delete(row)
        tx.flush()
        self._audit.record(tx, actor, "delete", kind="channel", subject=name, details={"kind": row.kind})

    def _own_channel(self, tx: Session, name: str) -> ChannelRow:
        if name in self._base.channels:
            raise ConflictError(f"the channel {name!r} stands in the settings: change it there")
        row = tx.get(ChannelRow, name)
        if row is None:
            self._directory().channel(name)  # says which may have been meant
            raise NotFoundError(f"there is no channel {name!r}")
        return row

    def put_route(self, tx: Session, name: str, document: Mapping[str, Any], actor: Actor) -> Route:
        """Keep a route under a name, a new one or in place of another; raises `InvalidError`."""
        if name in self._base.of_settings:
            raise ConflictError(f"the route {name!r} stands in the settings: change it there")
        route = read_route(document)
        for channel in route.channels:
            self._directory().known(channel)
        plain = msgspec.to_builtins(route)
        row, now = tx.get(RouteRow, checked_name(name)), self._clock.now()
        before = None if row is None else row.document
        if row is None:
            row = RouteRow(name=name, created_by=str(actor)[:200], created_at=now)
            tx.add(row)
        row.document, row.updated_at = plain, now
        tx.flush()
        action = "create" if before is None else "update"
        details = {"route": plain} if before is None else {"route": [before, plain]}
        self._audit.record(tx, actor, action, kind="route", subject=name, details=details)
        return route

    def remove_route(self, tx: Session, name: str, actor: Actor) -> None:
        """Forget a route; raises `NotFoundError`."""
        if name in self._base.of_settings:
            raise ConflictError(f"the route {name!r} stands in the settings: change it there")
        row = tx.get(RouteRow, name)
        if row is None:
            raise NotFoundError(f"there is no route {name!r}")
        tx.delete(row)
        tx.flush()
        self._audit.record(tx, actor, "delete", kind="route", subject=name, details={"route": row.document})


def _check_move(
    kind: Kind, before: Mapping[str, Any], given: Mapping[str, Any], kept: Mapping[str, Any]
) -> None:
    """Refuse another host for secrets nobody entered again: else they could be had by naming one's own."""
    staying = [name for name, value in kept.items() if value and name not in given]
    if not staying:
        return
    moved = set(kind.hosts(kind.read({**kept, **given}))) - set(kind.hosts(kind.read(before)))
    if moved:
        raise InvalidError(f"the channel gets another host: enter its {', '.join(staying)} again")


def _changes(before: Channel, after: Channel, secrets: Sequence[str]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for name in ("enabled", "per_minute", "shown"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            details["options" if name == "shown" else name] = [
                dict(each) if name == "shown" else each for each in (old, new)
            ]
    if secrets:
        details["secrets"] = list(secrets)
    return details
