"""Actions that hand an alert to an analyst: a case, its tasks, techniques and timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.respond.action import Action, Context, Result
from tocsin.respond.actions.decide import OPEN, note_effect
from tocsin.respond.document import fill
from tocsin.respond.ports import AlertFacts
from tocsin.respond.relatives import relatives
from tocsin.respond.span import span


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Work to do on the case."""

    title: str
    description: str = ""
    group: str = "default"
    mandatory: bool = False
    assignee: str | None = None
    due_at: int | None = None
    order: int | None = None


class Relation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts belong to the same matter."""

    fields: tuple[str, ...] = ("source.ip", "host.name")
    within: str = "24h"
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a span that is none."""
        span(self.within)


class PromoteArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`join`: go into the open case of a related alert when there is one.

    `bring`: take related alerts along that are still open and at least of this severity; 0 takes none.
    `assignee`: a login, or `auto` for whoever the roster gives.
    """

    title: str = ""
    assignee: str = ""
    tasks: tuple[Task, ...] = ()
    tags: tuple[str, ...] = ()
    join: Relation | None = None
    bring: int = 0


def _promote(tx: Session, context: Context, arguments: PromoteArguments, _: Any) -> Result:
    alert = context.parts.alerts.get(tx, context.alert_id)
    if alert.case_id:
        return Result({"changed": False, "case": alert.case_id}, {"case.id": alert.case_id})
    related = _related(tx, context, arguments.join)
    case_id = _open_case(tx, context, related)
    if case_id:
        context.parts.alerts.merge(tx, context.alert_id, case_id, context.actor)
        note_effect(tx, context, {"kind": "joined", "alert_id": context.alert_id, "case_id": case_id})
    else:
        case_id = _new_case(tx, context, arguments)
        note_effect(tx, context, {"kind": "promoted", "alert_id": context.alert_id, "case_id": case_id})
    brought = _bring(tx, context, related, case_id, arguments.bring)
    return Result({"changed": True, "case": case_id, "brought": brought}, {"case.id": case_id})


def _new_case(tx: Session, context: Context, arguments: PromoteArguments) -> str:
    parts = context.parts
    assignee = parts.roster.choose(tx) if arguments.assignee == "auto" else arguments.assignee or None
    return parts.alerts.promote(
        tx,
        context.alert_id,
        context.actor,
        title=fill(arguments.title, context.facts) or None,
        tasks=_tasks(context, arguments.tasks),
        assignee=assignee,
        tags=arguments.tags,
    ).id


def _tasks(context: Context, tasks: Sequence[Task]) -> list[Task]:
    return [
        msgspec.structs.replace(
            task, title=fill(task.title, context.facts), description=fill(task.description, context.facts)
        )
        for task in tasks
    ]


def _related(tx: Session, context: Context, relation: Relation | None) -> list[AlertFacts]:
    if relation is None:
        return []
    last = context.facts.get("alert.last_at")
    since = (last if isinstance(last, int) else context.now) - span(relation.within)
    alerts = context.parts.alerts
    return relatives(
        tx, alerts, context.alert_id, fields=relation.fields, since=since, ignore=relation.ignore
    )


def _open_case(tx: Session, context: Context, related: Sequence[AlertFacts]) -> str | None:
    for alert in related:
        if alert.case_id and context.parts.cases.get(tx, alert.case_id).status != "closed":
            return alert.case_id
    return None


def _bring(
    tx: Session, context: Context, related: Sequence[AlertFacts], case_id: str, least: int
) -> list[str]:
    brought = []
    for alert in related:
        if least and alert.status in OPEN and not alert.case_id and alert.severity >= least:
            context.parts.alerts.merge(tx, alert.id, case_id, context.actor)
            note_effect(tx, context, {"kind": "joined", "alert_id": alert.id, "case_id": case_id})
            brought.append(alert.id)
    return brought


class TasksArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tasks to add."""

    tasks: tuple[Task, ...]


def _add_tasks(tx: Session, context: Context, arguments: TasksArguments, _: Any) -> Result:
    tasks = _tasks(context, arguments.tasks)
    context.parts.cases.add_tasks(tx, context.case_id, tasks, context.actor)
    return Result({"case": context.case_id, "tasks": [task.title for task in tasks]})


class TechniquesArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The techniques to add; none: those of the alert."""

    techniques: tuple[str, ...] = ()


def _add_techniques(tx: Session, context: Context, arguments: TechniquesArguments, _: Any) -> Result:
    techniques = arguments.techniques or tuple(context.facts.get("alert.techniques", []))
    if techniques:
        context.parts.cases.add_techniques(tx, context.case_id, techniques, context.actor)
    return Result({"case": context.case_id, "techniques": list(techniques)})


class TimelineArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry at the time a fact holds, such as `alert.first_at`."""

    title: str
    detail: str = ""
    at: str = "alert.first_at"


def _add_timeline(tx: Session, context: Context, arguments: TimelineArguments, _: Any) -> Result:
    at = context.facts.get(arguments.at)
    at = at if isinstance(at, int) else context.now
    title, detail = fill(arguments.title, context.facts), fill(arguments.detail, context.facts)
    context.parts.cases.add_timeline(tx, context.case_id, at, title, context.actor, description=detail)
    return Result({"case": context.case_id, "at": at, "title": title})


PROMOTE = Action("promote", PromoteArguments, _promote)
ADD_TASKS = Action("add_tasks", TasksArguments, _add_tasks)
ADD_TECHNIQUES = Action("add_techniques", TechniquesArguments, _add_techniques)
ADD_TIMELINE = Action("add_timeline", TimelineArguments, _add_timeline)
