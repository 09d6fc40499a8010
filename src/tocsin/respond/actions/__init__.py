"""The actions a playbook can take."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.respond.action import Action
from tocsin.respond.actions.decide import CLOSE, VERDICT
from tocsin.respond.actions.enrich import ENRICH
from tocsin.respond.actions.escalate import ADD_TASKS, ADD_TECHNIQUES, ADD_TIMELINE, PROMOTE
from tocsin.respond.actions.note import ASSIGN, COMMENT, TAG
from tocsin.respond.actions.notify import NOTIFY
from tocsin.respond.actions.observe import COUNT, EXTRACT, RELATED

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        EXTRACT,
        ENRICH,
        COUNT,
        RELATED,
        VERDICT,
        CLOSE,
        PROMOTE,
        ASSIGN,
        ADD_TASKS,
        ADD_TECHNIQUES,
        ADD_TIMELINE,
        TAG,
        COMMENT,
        NOTIFY,
    )
}

__all__ = ["ACTIONS"]
