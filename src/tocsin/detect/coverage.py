"""Whether the data at hand can ever fulfil a rule: what fields of what logs it needs, what is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP
from tocsin.detect.rule import WatchRule
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or, SameAs, Text, alternatives

_ALWAYS_THERE = frozenset({MESSAGE, TIMESTAMP, EVENT_ID, "event.source", "event.sequence"})


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """A field a rule asks for, under the names events may hold it by."""

    name: str
    """As the rule's author knows it, as far as that can be told."""
    names: tuple[str, ...]
    seen: tuple[str, ...]
    """Those of the names that the data has."""
    excludes: bool
    """It only narrows the rule (it stands under a `not`): without it the rule matches more, not less."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a rule needs and what of it there is."""

    logsource: str
    logs_seen: bool | None
    """Whether there was ever an event of the log source; None when that was not looked up."""
    fields: tuple[FieldCoverage, ...]
    can_match: bool
    """False: with the fields the data has, no event can fulfil the rule."""

    @property
    def missing(self) -> tuple[FieldCoverage, ...]:
        """The fields the data never had."""
        return tuple(field for field in self.fields if not field.seen)

    def sentences(self) -> list[str]:
        """Return what is to be said of the rule, one sentence for each field it needs."""
        source = f" of {self.logsource}" if self.logsource else ""
        said = [
            f"needs field {field.name}{source}; your data {'has it' if field.seen else 'never had it'}"
            for field in self.fields
            if not field.excludes
        ]
        if self.logs_seen is False:
            said.insert(0, f"needs events{source}; your data never had any")
        return said


def coverage_of(
    rule: WatchRule, seen: Collection[str], exists: Callable[[Node], bool] | None = None
) -> Coverage:
    """Return how far the data covers a rule.

    `seen` are the fields that events of the data have; `exists` says whether any event fulfils a
    condition, and is asked about the rule's log source.
    """
    node = rule.node
    if rule.scope is not None and isinstance(node, And) and node.args[:1] == (rule.scope,):
        node = And(node.args[1:])
    needed: dict[str, bool] = {}
    for key, excludes in _fields(node, excludes=False):
        needed[key] = needed.get(key, True) and excludes
    fields = tuple(
        FieldCoverage(
            _known_as(names), names, tuple(name for name in names if _is_there(name, seen)), excludes
        )
        for key, excludes in needed.items()
        if (names := alternatives(key))
    )
    logs = exists(rule.scope) if exists is not None and rule.scope is not None else None
    return Coverage(rule.logsource, logs, fields, logs is not False and _possible(rule.node, seen))


def _fields(node: Node, *, excludes: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, And | Or):
        for arg in node.args:
            yield from _fields(arg, excludes=excludes)
    elif isinstance(node, Not):
        yield from _fields(node.arg, excludes=not excludes)
    elif isinstance(node, Text):
        yield node.field or MESSAGE, excludes
    elif not isinstance(node, Everything | Nothing):
        yield node.field, excludes
        if isinstance(node, SameAs):
            yield node.other, excludes


def _is_there(name: str, seen: Collection[str]) -> bool:
    return name in _ALWAYS_THERE or name in seen


def _possible(node: Node, seen: Collection[str]) -> bool:
    """Say whether any event with such fields may fulfil the condition."""
    if isinstance(node, And):
        return all(_possible(arg, seen) for arg in node.args)
    if isinstance(node, Or):
        return any(_possible(arg, seen) for arg in node.args)
    if isinstance(node, Nothing):
        return False
    if isinstance(node, Everything | Not):
        return True
    keys = [node.field or MESSAGE, *([node.other] if isinstance(node, SameAs) else [])]
    return all(any(_is_there(name, seen) for name in alternatives(key)) for key in keys)


def _known_as(names: tuple[str, ...]) -> str:
    return next((name for name in names if "." not in name), names[0])
