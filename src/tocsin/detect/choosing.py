"""Which rules are meant: by identifier, kind, level, tag, log source or words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.core.errors import InvalidError
from tocsin.core.suggestion import did_you_mean
from tocsin.detect.rule import WatchRule, level_of

LEVELS: Final = ("informational", "low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class RuleQuery:
    """Rules that fulfil all that is given; what is empty does not matter.

    The built-in rules are meant only when their identifiers or kinds are named.
    """

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """ElastAlert's types, such as `frequency`."""
    levels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """One of these tags or techniques; `attack.t1059` and `T1059` are the same, with its sub-techniques."""
    logsource: str = ""
    """`product/category/service`; parts may be left out at the end or be `*`."""
    path: str = ""
    """Part of the path of the rule's file."""
    text: str = ""
    """Part of name, description or identifier, whatever its case."""

    def __post_init__(self) -> None:
        for level in self.levels:
            if level not in LEVELS:
                hint = did_you_mean(level, LEVELS)
                raise InvalidError(f"{level!r} is no level: {', '.join(LEVELS)}{hint}")

    @property
    def is_empty(self) -> bool:
        """It means every rule."""
        return self == RuleQuery()

    def selects(self, rule: WatchRule) -> bool:
        """Say whether a rule is meant."""
        return (
            (bool(self.ids or self.kinds) or rule.kind in ("elastalert", "sigma"))
            and (not self.ids or rule.id in self.ids)
            and (not self.kinds or rule.kind in self.kinds)
            and (not self.types or (rule.watch is not None and rule.watch.kind.kind in self.types))
            and (not self.levels or level_of(rule) in self.levels)
            and (not self.tags or any(_has(rule, tag) for tag in self.tags))
            and (not self.logsource or _is_of(rule.logsource, self.logsource))
            and (not self.path or self.path in rule.location.path)
            and (not self.text or _says(rule, self.text.lower()))
        )


def _has(rule: WatchRule, tag: str) -> bool:
    wanted = tag.lower().removeprefix("attack.")
    named = (*rule.tags, *rule.techniques)
    return any(
        (name := each.lower().removeprefix("attack.")) == wanted or name.startswith(f"{wanted}.")
        for each in named
    )


def _is_of(logsource: str, wanted: str) -> bool:
    if not logsource:
        return False
    parts = logsource.lower().split("/")
    asked = wanted.lower().strip("/").split("/")
    return len(asked) <= len(parts) and all(
        ask in ("*", "") or ask == part for ask, part in zip(asked, parts, strict=False)
    )


def _says(rule: WatchRule, text: str) -> bool:
    return text in rule.name.lower() or text in rule.description.lower() or text in rule.id.lower()
