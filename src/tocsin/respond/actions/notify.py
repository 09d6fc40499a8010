"""The action that tells people by channels of the operator's: mail, chat, pager, webhook."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.errors import InvalidError
from tocsin.respond.action import Action, Context, Result
from tocsin.respond.actions.note import target
from tocsin.respond.document import fill
from tocsin.respond.ports import Notice


class NotifyArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The channels by name, and what they are told; `{fact}` is replaced.

    `title`: default: that of the alert. `severity`: 1 to 4; 0: that of the alert.
    """

    channels: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=50)]
    message: str
    title: str = ""
    severity: Annotated[int, msgspec.Meta(ge=0, le=4)] = 0


def _notify(tx: Session, context: Context, arguments: NotifyArguments, _: Any) -> Result:
    notifier = context.parts.notifier
    if notifier is None:
        raise InvalidError("this platform tells nobody: no notifications are set up")
    kind, identifier = target(context)
    severity = arguments.severity or context.facts.get("alert.severity")
    notice = Notice(
        key=f"run:{context.run_id}:{context.step.name}",
        title=fill(arguments.title or "{alert.title}", context.facts),
        body=fill(arguments.message, context.facts),
        severity=severity if isinstance(severity, int) else 2,
        at=context.now,
        subject_type=kind,
        subject_id=identifier,
    )
    told = notifier.post(tx, arguments.channels, notice)
    return Result({"channels": list(told), "title": notice.title})


NOTIFY = Action("notify", NotifyArguments, _notify)
