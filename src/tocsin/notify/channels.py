"""Channels and routes as the platform knows them: from its settings, and from the console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.errors import InvalidError, Location, NotFoundError, Problem, TocsinError
from tocsin.core.sealing import Seal, SealingError
from tocsin.core.suggestion import did_you_mean
from tocsin.notify.kinds import Kind, kind_named
from tocsin.notify.routes import Route, read_route
from tocsin.notify.tables import ChannelRow, PreferenceRow, RouteRow

log = structlog.get_logger("tocsin.notify")

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
PER_MINUTE = 30
"""Messages a channel takes in a minute unless it says otherwise; more wait."""
_OURS = ("kind", "enabled", "per_minute")


@dataclass(frozen=True, slots=True)
class Channel:
    """Somewhere messages go."""

    name: str
    kind: Kind
    options: Any
    """Typed as `kind.options`; with the secrets. Never shown: see `shown`."""
    shown: Mapping[str, Any]
    secrets: tuple[str, ...]
    """Names of the secret options that are set."""
    enabled: bool = True
    per_minute: int = PER_MINUTE
    of_settings: bool = False
    """True: written by the operator into the settings, and changed only there."""
    problem: str = ""
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Where one person wants mail, and about what."""

    login: str
    address: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything messages are sent by, as it was last read."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    preferences: Mapping[str, Preference] = field(default_factory=dict)
    of_settings: frozenset[str] = frozenset()
    """Names of routes that stand in the settings."""

    def channel(self, name: str) -> Channel:
        """Return a channel; raises `NotFoundError` with the likely intended one."""
        found = self.channels.get(name)
        if found is None:
            raise NotFoundError(f"there is no channel {name!r}{did_you_mean(name, self.channels)}")
        return found

    def known(self, name: str) -> str:
        """Return the name again; raises `InvalidError` when there is no such channel."""
        try:
            return self.channel(name).name
        except NotFoundError as error:
            raise InvalidError(error.message) from error


def checked_name(name: str) -> str:
    """Return the name of a channel or route; raises `InvalidError`."""
    if not NAME.fullmatch(name):
        raise InvalidError(f"{name!r} is no name: small letters, digits, `-`, `_` and `.`, at most 63")
    return name


def channel_of(
    name: str, kind: Kind, given: Mapping[str, Any], *, enabled: bool = True, per_minute: int = PER_MINUTE
) -> Channel:
    """Return a channel of options with their secrets; raises `InvalidError`."""
    if not 0 <= per_minute <= 6_000:
        raise InvalidError(f"per_minute is 0 (no bound) to 6000, not {per_minute}")
    options = kind.read(given)
    shown, secret = kind.parted(given)
    names = tuple(sorted(name for name, value in secret.items() if value))
    return Channel(checked_name(name), kind, options, shown, names, enabled, per_minute)


def of_settings(
    channels: Mapping[str, Mapping[str, Any]], routes: Mapping[str, Mapping[str, Any]], path: str
) -> tuple[Directory, tuple[Problem, ...]]:
    """Return the channels and routes of the settings, and what was wrong with others."""
    found: dict[str, Channel] = {}
    ways: dict[str, Route] = {}
    problems = []
    for name, given in channels.items():
        try:
            found[name] = _of_settings(name, given)
        except TocsinError as error:
            problems.append(Problem(Location(path), error.message, f"notify.channels.{name}"))
    for name, given in routes.items():
        try:
            ways[checked_name(name)] = read_route(given)
        except TocsinError as error:
            problems.append(Problem(Location(path), error.message, f"notify.routes.{name}"))
    for name, route in ways.items():
        problems += [
            Problem(Location(path), f"there is no channel {each!r} in the settings", f"notify.routes.{name}")
            for each in route.channels
            if each not in found
        ]
    return Directory(found, ways, of_settings=frozenset(ways)), tuple(problems)


def _of_settings(name: str, given: Mapping[str, Any]) -> Channel:
    kind = kind_named(str(given.get("kind", "")))
    options = {key: value for key, value in given.items() if key not in _OURS}
    enabled, per_minute = given.get("enabled", True), given.get("per_minute", PER_MINUTE)
    if not isinstance(enabled, bool) or not isinstance(per_minute, int):
        raise InvalidError("enabled is true or false, per_minute a whole number")
    made = channel_of(name, kind, options, enabled=enabled, per_minute=per_minute)
    return Channel(
        made.name, kind, made.options, made.shown, made.secrets, enabled, per_minute, of_settings=True
    )


def read_directory(tx: Session, base: Directory, seal: Seal) -> Directory:
    """Return the channels, routes and preferences of the database behind those of the settings."""
    channels = {row.name: opened(row, seal) for row in tx.scalars(select(ChannelRow))}
    routes = _kept_routes(tx)
    preferences = {
        row.login: Preference(row.login, row.address, tuple(row.events))
        for row in tx.scalars(select(PreferenceRow))
    }
    return Directory({**channels, **base.channels}, {**routes, **base.routes}, preferences, base.of_settings)


def _kept_routes(tx: Session) -> dict[str, Route]:
    found = {}
    for row in tx.scalars(select(RouteRow).order_by(RouteRow.name)):
        try:
            found[row.name] = read_route(row.document)
        except InvalidError as error:  # of another version of the platform
            log.warning("route_unreadable", route=row.name, error=error.message)
    return found


def opened(row: ChannelRow, seal: Seal) -> Channel:
    """Return a channel of the database; one whose secrets cannot be opened says so."""
    kind = kind_named(row.kind)
    try:
        secret = seal.open(row.sealed)
        made = channel_of(
            row.name, kind, {**row.options, **secret}, enabled=row.enabled, per_minute=row.per_minute
        )
    except (SealingError, InvalidError) as error:
        return Channel(
            row.name, kind, None, row.options, (), row.enabled, row.per_minute, problem=error.message
        )
    return made
