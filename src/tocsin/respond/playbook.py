"""A playbook: when it starts and what it does, as data that a run keeps a snapshot of."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

TriggerKind = Literal["alert.opened", "alert.updated"]
SubjectType = Literal["alert", "case"]


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Starts the playbook on a kind of change, when the condition over the alert's facts holds."""

    event: TriggerKind
    when: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"arguments": "with"}):
    """One action with its arguments; skipped when its condition does not hold.

    `on_failure`: `stop` ends the run as failed, `continue` goes on with the next step.
    """

    name: str
    action: str
    arguments: dict[str, Any] = {}
    when: str = ""
    on_failure: Literal["stop", "continue"] = "stop"


class Playbook(msgspec.Struct, frozen=True):
    """What the loader read. `version` is the hash of the text."""

    name: str
    version: str
    description: str
    triggers: tuple[Trigger, ...]
    steps: tuple[Step, ...]
    path: str
    text: str
    settle_us: int = 0
    """How long after the trigger the run starts, so that what belongs together has arrived."""


class Snapshot(msgspec.Struct, frozen=True):
    """The part of a playbook a run carries: editing the playbook does not change runs under way."""

    name: str
    version: str
    steps: tuple[Step, ...]


def snapshot(playbook: Playbook) -> dict[str, Any]:
    """Return the playbook's snapshot as plain JSON data."""
    plain: dict[str, Any] = msgspec.to_builtins(Snapshot(playbook.name, playbook.version, playbook.steps))
    return plain


def read_snapshot(data: Any) -> Snapshot:
    """Return the snapshot read back from JSON data."""
    return msgspec.convert(data, Snapshot)
