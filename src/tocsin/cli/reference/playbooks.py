"""The actions a playbook can take, with their arguments, and the playbooks that come with Tocsin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tocsin.cli.reference.docstrings import attribute_docstrings, written_types
from tocsin.cli.reference.markdown import code, page, table
from tocsin.content import own_content
from tocsin.respond.action import Action
from tocsin.respond.actions import ACTIONS
from tocsin.respond.actions.escalate import Relation, Task
from tocsin.respond.loader import load_folders
from tocsin.respond.playbook import Playbook, Step, Trigger
from tocsin.respond.policy import Closing, Line

_INTRODUCTION = """\
A playbook is a YAML file with `name`, `description`, `triggers`, `settle` and `steps`. How to write one:
[the guide](../guide/playbooks.md). Conditions are Lucene queries over facts; `{fact}` in a text is replaced
by the fact's value, and an absent one reads `unknown`."""

_WHAT: Mapping[str, str] = {
    "extract_observables": "Reads the alert's events and keeps their observables; facts `observables.KIND`.",
    "enrich": "Has the analyzers look at the observables; facts `enrichment.*` and `source.*`.",
    "count": "Counts events around the alert; fact `count.NAME`.",
    "related": "Finds other alerts that share values; facts `NAME.count`, `NAME.cases` and more.",
    "verdict": "Weighs the facts by points and keeps the decision; facts `verdict.*`.",
    "close": "Closes the alert as the verdict says.",
    "promote": "Makes a case of the alert, or joins the open case of a related one; fact `case.id`.",
    "assign": "Gives the case, or the alert when there is no case, to somebody.",
    "add_tasks": "Adds tasks to the case.",
    "add_techniques": "Adds ATT&CK techniques to the case.",
    "add_timeline": "Puts an entry on the timeline of the case.",
    "tag": "Adds tags to the case, or the alert when there is no case.",
    "comment": "Comments on the case, or the alert when there is no case.",
    "notify": "Tells people by channels of `[notify.channels]` or the API; what is told again is told once.",
}
"""What each action does; an action without words here does not pass the test of the pages."""

_HEADING = ("key", "type", "default", "meaning")


def playbook_page() -> str:
    """Return the page of actions and playbooks."""
    parts = [_INTRODUCTION]
    for heading, struct in (("Triggers", Trigger), ("Steps", Step)):
        parts += [f"## {heading}", *_described(struct)]
    parts.append("## Actions")
    for action in ACTIONS.values():
        parts += [f"### {code(action.name)}", *_action(action)]
    parts.append("## What arguments are made of")
    for inner in (Task, Relation, Line, Closing):
        parts += [f"### {code(inner.__name__)}", *_described(inner)]
    own = load_folders([own_content() / "playbooks"], ACTIONS).playbooks
    parts += ["## Playbooks that come with Tocsin", table(("playbook", "starts on", "steps"), map(_own, own))]
    return page("Playbooks", *parts)


def _action(action: Action) -> Iterator[str]:
    yield _WHAT[action.name]
    yield from _described(action.arguments)


def _described(struct: type[msgspec.Struct]) -> Iterator[str]:
    text = " ".join((struct.__doc__ or "").split())
    if text:
        yield text
    types, said = written_types(struct), attribute_docstrings(struct)
    rows = []
    for field in msgspec.structs.fields(struct):
        default = "required" if field.required else code(_shown(field))
        meaning = said.get(field.name, "")
        rows.append((code(field.encode_name), code(types[field.name]), default, meaning))
    yield table(_HEADING, rows)


def _shown(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return "{}"
    return msgspec.json.encode(field.default).decode()


def _own(playbook: Playbook) -> tuple[str, ...]:
    triggers = ", ".join(code(trigger.event) for trigger in playbook.triggers)
    return code(playbook.name), triggers, ", ".join(step.name for step in playbook.steps)
