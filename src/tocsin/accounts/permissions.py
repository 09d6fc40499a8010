"""What a caller may do: permissions, the roles that bundle them, and the caller itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tocsin.core.actor import Actor
from tocsin.core.errors import InvalidError

Permission = Literal[
    "alerts:read",
    "alerts:write",
    "cases:read",
    "cases:write",
    "events:read",
    "searches:write",
    "intel:read",
    "intel:write",
    "analyzers:run",
    "rules:read",
    "rules:write",
    "playbooks:read",
    "playbooks:run",
    "agents:read",
    "agents:write",
    "sources:read",
    "dashboards:read",
    "dashboards:write",
    "notify:read",
    "notify:write",
    "admin",
    "ingest",
]
Role = Literal["administrator", "analyst", "read-only", "agent"]

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_READ = frozenset(name for name in PERMISSIONS if name.endswith(":read"))

ROLES: Mapping[Role, frozenset[Permission]] = {
    "administrator": frozenset(PERMISSIONS),
    # An analyst works on what is there; writing events by hand would let one forge evidence.
    "analyst": frozenset(PERMISSIONS) - {"admin", "agents:write", "rules:write", "notify:write", "ingest"},
    "read-only": _READ,
    "agent": frozenset({"ingest"}),
}
"""The permissions of each role."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, by which name changes are audited, and what the call may do."""

    actor: Actor
    name: str
    role: Role
    permissions: frozenset[Permission]

    @property
    def login(self) -> str:
        """The login of a person, or the name of an API key."""
        return self.actor.name

    @property
    def is_person(self) -> bool:
        """A user who logged in, not a program with an API key."""
        return ":" not in self.actor.name


def role_named(name: str) -> Role:
    """Return the role of that name; raises `InvalidError` listing the known ones."""
    for role in ROLES:
        if role == name:
            return role
    raise InvalidError(f"{name!r} is no role; known: {', '.join(ROLES)}")


def principal(actor: Actor, name: str, role: str) -> Principal:
    """Return the caller with what its role allows."""
    known = role_named(role)
    return Principal(actor, name, known, ROLES[known])
