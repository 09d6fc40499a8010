"""Who does something, and the trail every change leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

ActorKind = Literal["user", "playbook", "system", "agent"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a playbook run, the platform itself or an agent."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "user" else f"{self.kind}:{self.name}"


SYSTEM = Actor("system", "tocsin")


class AuditTrail(Protocol):
    """Append-only record of changes. `tx` is the SQLAlchemy session the change itself is made in."""

    def record(
        self,
        tx: Any,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one entry: `actor` did `action` (`close`, `assign`) to `subject` of `kind` (`alert`).

        `details` holds what changed as `{"field": [before, after]}` or plain facts; never a secret.
        """
        ...
