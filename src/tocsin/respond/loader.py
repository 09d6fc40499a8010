"""Load playbooks from folders: what is bad is refused with file, line and reason, the rest is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tocsin.core.errors import ContentError, InvalidError, Location, Problem, TocsinError
from tocsin.core.suggestion import did_you_mean
from tocsin.core.yaml_source import MAX_BYTES, Source, read_source
from tocsin.core.yaml_source import Path as Place
from tocsin.query.patterns import QueryError
from tocsin.respond.action import Action
from tocsin.respond.actions.enrich import EnrichArguments
from tocsin.respond.document import condition
from tocsin.respond.playbook import Playbook, Step, Trigger
from tocsin.respond.policy import Policy
from tocsin.respond.span import span

MAX_STEPS = 100
_KEYS = frozenset({"name", "description", "version", "triggers", "steps", "settle"})
_STEP_KEYS = frozenset({"name", "action", "with", "when", "on_failure"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The playbooks that were read and what was wrong with the others."""

    playbooks: tuple[Playbook, ...]
    problems: tuple[Problem, ...]


def load_folders(folders: Sequence[Path], actions: Mapping[str, Action]) -> Loaded:
    """Read every playbook below the folders; of two with one name the first stands."""
    playbooks: dict[str, Playbook] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted(folder.rglob("*.y*ml")) if folder.is_dir() else []:
            if ".cases." in path.name:
                continue
            try:
                playbook = read_file(path, actions)
                if other := playbooks.get(playbook.name):
                    raise ContentError(
                        f"playbook {playbook.name!r} was read before, from {other.path}",
                        location=Location(str(path)),
                    )
                playbooks[playbook.name] = playbook
            except TocsinError as error:
                problems.append(Problem(error.location or Location(str(path)), error.message, path.stem))
        if not folder.is_dir():
            problems.append(Problem(Location(str(folder)), "there is no such folder of playbooks"))
    return Loaded(tuple(playbooks.values()), tuple(problems))


def read_file(path: Path, actions: Mapping[str, Action]) -> Playbook:
    """Read one playbook file; raises `ContentError` that says where it is bad."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError("the file is too large for a playbook", location=Location(str(path)))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ContentError("is not UTF-8 text", location=Location(str(path))) from error
    return read_text(str(path), text, actions)


def read_text(path: str, text: str, actions: Mapping[str, Action]) -> Playbook:
    """Read one playbook from text."""
    source = read_source(path, text)
    values = source.values
    if not isinstance(values, dict):
        raise source.refuse("a playbook is a mapping with name, triggers and steps")
    _refuse_unknown(source, values, _KEYS, ())
    name = values.get("name")
    if not isinstance(name, str) or not name or len(name) > 60 or not name.replace("-", "").isalnum():
        raise source.refuse("name needs letters, digits and hyphens, at most 60", ("name",))
    return Playbook(
        name=name,
        version=hashlib.sha256(text.encode()).hexdigest()[:16],
        description=str(values.get("description", "")),
        triggers=_triggers(source, values.get("triggers", [])),
        steps=_steps(source, values.get("steps"), actions),
        path=path,
        text=text,
        settle_us=_settle(source, values.get("settle", "0s")),
    )


def _settle(source: Source, given: Any) -> int:
    try:
        return span(str(given))
    except InvalidError as error:
        raise source.refuse(error.message, ("settle",)) from error


def _triggers(source: Source, given: Any) -> tuple[Trigger, ...]:
    if not isinstance(given, list):
        raise source.refuse("triggers is a list", ("triggers",))
    found = []
    for position, entry in enumerate(given):
        place: Place = ("triggers", position)
        trigger = _convert(source, {"event": entry} if isinstance(entry, str) else entry, Trigger, place)
        _check_condition(source, trigger.when, (*place, "when"))
        found.append(trigger)
    return tuple(found)


def _steps(source: Source, given: Any, actions: Mapping[str, Action]) -> tuple[Step, ...]:
    if not isinstance(given, list) or not given or len(given) > MAX_STEPS:
        raise source.refuse(f"steps is a list of 1 to {MAX_STEPS} steps", ("steps",))
    found: dict[str, Step] = {}
    for position, entry in enumerate(given):
        step = _step(source, entry, ("steps", position), actions)
        if step.name in found:
            raise source.refuse(f"two steps are named {step.name!r}", ("steps", position, "name"))
        found[step.name] = step
    return tuple(found.values())


def _step(source: Source, entry: Any, place: Place, actions: Mapping[str, Action]) -> Step:
    if not isinstance(entry, dict):
        raise source.refuse("a step is a mapping with name and action", place)
    _refuse_unknown(source, entry, _STEP_KEYS, place)
    step = _convert(source, entry, Step, place)
    action = actions.get(step.action)
    if action is None:
        hint = did_you_mean(step.action, actions) or f" (there are: {', '.join(sorted(actions))})"
        raise source.refuse(f"there is no action {step.action!r}{hint}", (*place, "action"))
    _check_condition(source, step.when, (*place, "when"))
    arguments = _convert(source, step.arguments, action.arguments, (*place, "with"))
    if isinstance(arguments, Policy):
        _check_policy(source, arguments, (*place, "with"))
    if isinstance(arguments, EnrichArguments) and not 1 <= arguments.limit <= 100:
        raise source.refuse("limit is a number from 1 to 100", (*place, "with", "limit"))
    return step


def _check_policy(source: Source, policy: Policy, place: Place) -> None:
    if policy.close_at >= policy.escalate_at:
        raise source.refuse("close_at must be below escalate_at", (*place, "close_at"))
    _check_condition(source, policy.never_close, (*place, "never_close"))
    for position, line in enumerate(policy.lines):
        _check_condition(source, line.when, (*place, "lines", position, "when"))
    for position, closing in enumerate(policy.close_as):
        _check_condition(source, closing.when, (*place, "close_as", position, "when"))


def _check_condition(source: Source, text: str, place: Place) -> None:
    if not text.strip():
        return
    try:
        condition(text)
    except (QueryError, InvalidError) as error:
        raise source.refuse(f"the condition is not a query: {error.message}", place) from error


def _convert(source: Source, given: Any, kind: type[_T], place: Place) -> _T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        raise source.refuse(reason, (*place, *_place_of(where))) from error
    except TocsinError as error:
        raise source.refuse(error.message, place) from error


def _place_of(where: str) -> Place:
    """Read msgspec's path, such as `$.lines[2].points` in backquotes."""
    found: list[str | int] = []
    for part in where.strip("`").replace("[", ".[").split(".")[1:]:
        digits = part.strip("[]")
        found.append(int(digits) if part.startswith("[") and digits.isdigit() else part)
    return tuple(found)


def _refuse_unknown(source: Source, given: Mapping[Any, Any], known: frozenset[str], place: Place) -> None:
    for key in given:
        if key not in known:
            raise source.refuse(f"{key!r} is unknown here{did_you_mean(str(key), known)}", (*place, str(key)))
