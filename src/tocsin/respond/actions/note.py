"""Actions that leave a mark on the alert, or on its case when it has one: assignee, tags, comment."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.respond.action import Action, Context, Result
from tocsin.respond.document import fill


class AssignArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A login, or `auto` for whoever the roster gives."""

    to: str


def _assign(tx: Session, context: Context, arguments: AssignArguments, _: Any) -> Result:
    parts = context.parts
    assignee = parts.roster.choose(tx) if arguments.to == "auto" else arguments.to
    if not assignee:
        return Result({"changed": False, "why": "the roster has nobody"})
    kind, identifier = target(context)
    area = parts.cases if kind == "case" else parts.alerts
    area.assign(tx, identifier, assignee, context.actor)
    return Result({"changed": True, kind: identifier, "assignee": assignee})


class TagArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tags to add."""

    tags: tuple[str, ...]


def _tag(tx: Session, context: Context, arguments: TagArguments, _: Any) -> Result:
    kind, identifier = target(context)
    area = context.parts.cases if kind == "case" else context.parts.alerts
    tags = dict.fromkeys([*area.get(tx, identifier).tags, *arguments.tags])
    area.change(tx, identifier, {"tags": list(tags)}, context.actor)
    return Result({kind: identifier, "tags": list(arguments.tags)})


class CommentArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The comment; `{fact}` is replaced."""

    message: str


def _comment(tx: Session, context: Context, arguments: CommentArguments, _: Any) -> Result:
    kind, identifier = target(context)
    area = context.parts.cases if kind == "case" else context.parts.alerts
    message = fill(arguments.message, context.facts)
    area.comment(tx, identifier, message, context.actor)
    return Result({kind: identifier, "message": message})


def target(context: Context) -> tuple[str, str]:
    """Return what a mark is left on, kind and id: the case when there is one, else the alert."""
    if "case.id" in context.facts:
        return "case", context.case_id
    return "alert", context.alert_id


ASSIGN = Action("assign", AssignArguments, _assign)
TAG = Action("tag", TagArguments, _tag)
COMMENT = Action("comment", CommentArguments, _comment)
