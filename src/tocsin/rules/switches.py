"""Rules that the operator has switched off: kept as parents of others, never a verdict themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal, get_args

from tocsin.core.errors import InvalidError
from tocsin.decode.patterns import compile_pattern, lower
from tocsin.decode.subject import Subject
from tocsin.rules.model import Rule

SwitchKind = Literal["rule", "file", "group"]
"""What a switch is about: a rule's id, a file's base name, or a group's name."""
SWITCH_KINDS: tuple[SwitchKind, ...] = get_args(SwitchKind)


@dataclass(frozen=True, slots=True)
class Switches:
    """What is off, and which rules are on although their file or group is off."""

    rules: frozenset[int] = frozenset()
    files: frozenset[str] = frozenset()
    """Base names of rule files."""
    groups: frozenset[str] = frozenset()
    kept: frozenset[int] = frozenset()
    """Rules switched on by themselves: that goes before a file or group that is off."""

    def __bool__(self) -> bool:
        return bool(self.rules or self.files or self.groups)

    def is_off(self, rule: Rule) -> bool:
        """Whether the rule is off, by itself or by its file or one of its groups."""
        if rule.id in self.kept:
            return False
        return (
            rule.id in self.rules
            or PurePath(rule.path).name in self.files
            or not self.groups.isdisjoint(rule.groups)
        )

    def turned(self, kind: SwitchKind, subject: str, *, enabled: bool) -> Switches:
        """Return the switches with one of them turned; raises `InvalidError` for a malformed subject."""
        if kind == "rule":
            number = {rule_number(subject)}
            off, kept = self.rules - number, self.kept - number
            return (
                replace(self, rules=off, kept=kept | number)
                if enabled
                else replace(self, rules=off | number, kept=kept)
            )
        if kind == "file":
            return replace(self, files=_turned(self.files, subject, enabled=enabled))
        return replace(self, groups=_turned(self.groups, subject, enabled=enabled))


def _turned(off: frozenset[str], name: str, *, enabled: bool) -> frozenset[str]:
    return off - {name} if enabled else off | {name}


def rule_number(text: str) -> int:
    """Return a rule's id as a number; raises `InvalidError` for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise InvalidError(f"{text!r} is no rule id: up to six digits are expected")
    return int(text)


def switch_off(rules: Sequence[Rule], switches: Switches) -> list[Rule]:
    """Make the rules that are off never a verdict; what others stand below stays a mere step to them.

    An event that matches a step and none of its children goes to what would have stood without it.
    """
    if switches:
        parents = _Parents(rules)
        for rule in rules:
            if switches.is_off(rule):
                rule.noalert = True
                if not parents.has(rule):
                    rule.tests, rule.composite, rule.ignore = (_never,), None, 0
    return list(rules)


def _never(_subject: Subject) -> bool:
    return False


class _Parents:
    """Which rules others want to stand below."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._sids = {sid for rule in rules for sid in rule.placing.if_sid}
        # An overwrite changes a rule in its place, so it lives and dies with that rule.
        self._replaced = {rule.id for rule in rules if rule.overwrite}
        patterns = {rule.placing.if_group for rule in rules if not rule.placing.if_sid}
        self._groups = [compile_pattern(text, "osmatch").test for text in patterns if text is not None]
        levels = [rule.placing.if_level for rule in rules if rule.placing.if_level is not None]
        self._level = min(levels, default=99)

    def has(self, rule: Rule) -> bool:
        text = rule.group_text
        return (
            rule.id < 10
            or rule.id in self._sids
            or rule.id in self._replaced
            or rule.level >= self._level
            or any(test(text, lower(text)) for test in self._groups)
        )
