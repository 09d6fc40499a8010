"""Which ATT&CK techniques the rules watch for, and which of them were seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.core.attack import Technique

TACTICS: Final = (
    "Reconnaissance",
    "Resource Development",
    "Initial Access",
    "Execution",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
    "Stealth",
    "Defense Impairment",
    "Credential Access",
    "Discovery",
    "Lateral Movement",
    "Collection",
    "Command and Control",
    "Exfiltration",
    "Impact",
)
"""In the order of the matrix; Defense Evasion and the two that took its place in later versions."""

_BY_TAG = {f"attack.{name.lower().replace(' ', '-')}": name for name in TACTICS}

_ID = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")


@dataclass(frozen=True, slots=True)
class CoveringRule:
    """A rule of any kind, as far as coverage asks."""

    id: str
    name: str
    kind: str
    """`elastalert`, `sigma`, or `wazuh` for the rules that classify events."""
    enabled: bool
    matches: int
    techniques: tuple[str, ...]
    tactics: tuple[str, ...] = ()
    """Those its tags name, for techniques that are in no table of ours."""


@dataclass(frozen=True, slots=True)
class TechniqueCoverage:
    """A technique and its rules."""

    id: str
    name: str
    """As MITRE calls it; the identifier again for one that is in no table of ours."""
    tactics: tuple[str, ...]
    """Of one in no table of ours: those of the technique it is part of, else those half of its rules name."""
    enabled: tuple[CoveringRule, ...]
    disabled: tuple[CoveringRule, ...]

    @property
    def fired(self) -> tuple[CoveringRule, ...]:
        """Those of the rules, on or off, that ever matched."""
        return tuple(rule for rule in (*self.enabled, *self.disabled) if rule.matches)

    @property
    def matches(self) -> int:
        """How often they matched."""
        return sum(rule.matches for rule in self.fired)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every technique that is known or asked for, by identifier."""

    techniques: tuple[TechniqueCoverage, ...]
    untagged: int
    """Rules that are on and name no technique."""

    @property
    def covered(self) -> int:
        """Techniques with a rule that is on."""
        return sum(1 for each in self.techniques if each.enabled)

    def find(self, identifier: str) -> TechniqueCoverage | None:
        """Return a technique; None for one that neither we nor a rule know."""
        wanted = identifier.upper()
        return next((each for each in self.techniques if each.id == wanted), None)


def tactics_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tactics that tags of a Sigma rule name."""
    named = (_BY_TAG.get(tag.lower().replace("_", "-")) for tag in tags)
    return tuple(dict.fromkeys(name for name in named if name))


def matrix_of(rules: Iterable[CoveringRule], known: Mapping[str, Technique]) -> Matrix:
    """Return the matrix; what a rule names that is no technique's identifier is left out."""
    by_technique: dict[str, list[CoveringRule]] = {identifier: [] for identifier in known}
    untagged = 0
    for rule in rules:
        named = {each.upper() for each in rule.techniques if _ID.fullmatch(each.upper())}
        untagged += rule.enabled and not named
        for identifier in named:
            by_technique.setdefault(identifier, []).append(rule)
    found = (_covered(identifier, of, known) for identifier, of in sorted(by_technique.items()))
    return Matrix(tuple(found), untagged)


def _covered(
    identifier: str, rules: Sequence[CoveringRule], known: Mapping[str, Technique]
) -> TechniqueCoverage:
    technique, whole = known.get(identifier), known.get(identifier.split(".", maxsplit=1)[0])
    told = whole.tactics if whole else _told(rules)
    ordered = sorted(rules, key=lambda rule: (-rule.matches, rule.name))
    return TechniqueCoverage(
        identifier,
        technique.name if technique else identifier,
        technique.tactics if technique else told,
        tuple(rule for rule in ordered if rule.enabled),
        tuple(rule for rule in ordered if not rule.enabled),
    )


def _told(rules: Sequence[CoveringRule]) -> tuple[str, ...]:
    counts = Counter(tactic for rule in rules for tactic in rule.tactics)
    return tuple(tactic for tactic in TACTICS if counts[tactic] * 2 >= max(1, len(rules)))
