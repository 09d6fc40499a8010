"""A rule as it runs, and as people see it in a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.decode.subject import Subject

Test = Callable[[Subject], bool]
DEFAULT_TIMEFRAME_S = 360
CATEGORIES = ("syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec", "host-information")


class RuleSummary(msgspec.Struct, frozen=True):
    """A rule for listings."""

    id: str
    level: int
    description: str
    groups: tuple[str, ...]
    mitre: tuple[str, ...]
    """ATT&CK technique identifiers."""
    file: str
    line: int


@dataclass
class Composite:
    """What a rule asks of earlier events."""

    frequency: int
    """How many events make it fire, the present one included."""
    timeframe: int
    """In microseconds."""
    matched_sids: frozenset[int] = frozenset()
    matched_group: str | None = None
    """An OS_Match pattern over group strings."""
    matched_regex: Callable[[str, str], bool] | None = None
    """Tests the logs of earlier events of the same category; counts where no sid or group is named."""
    same: tuple[str, ...] = ()
    """Values that must be present and equal."""
    different: tuple[str, ...] = ()
    """Values of which none may be equal."""
    every_agent: bool = False
    uses_up: bool = True
    """Whether the events that made it fire are used up; not so for a rule that states no frequency."""

    @property
    def by_log(self) -> Callable[[str, str], bool] | None:
        """The test of logs, for a rule that counts events by that."""
        return None if self.matched_sids or self.matched_group is not None else self.matched_regex


@dataclass
class Placing:
    """Where a rule wants to stand in the tree."""

    if_sid: tuple[int, ...] = ()
    if_level: int | None = None
    if_group: str | None = None
    category: str = "syslog"
    implied: tuple[str, ...] = ()
    """Tags whose place follows from what the rule counts, so that no tag of that name stands in the file."""


@dataclass
class Rule:
    """One rule, compiled. A rule with several parents stands in several places and is one object."""

    id: int
    level: int
    description: str
    path: str
    line: int
    group_text: str = ""
    """The group names as one comma separated text, which conditions on groups look at."""
    groups: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    decoded_as: str | None = None
    tests: tuple[Test, ...] = ()
    literals: tuple[str, ...] | None = None
    """A log that matches holds one of these in lower case; None when nothing is known."""
    equals: tuple[tuple[str, frozenset[str]], ...] = ()
    """Fields that must have one of some values, in lower case."""
    placing: Placing = field(default_factory=Placing)
    timed: bool = False
    """Whether a condition looks at the hour or the day."""
    options: frozenset[str] = frozenset()
    """What the rule asks for, such as `no_full_log`."""
    info: tuple[tuple[str, str], ...] = ()
    """Kind and text of what is noted about the rule: `cve`, `text`, `link`, `osvdb`."""
    noalert: bool = False
    places: int = 0
    """In how many places of the tree it stands."""
    last: bool = False
    """Sorts behind all its siblings (accuracy 0)."""
    composite: Composite | None = None
    first_time_only: bool = False
    check_diff: bool = False
    ignore: int = 0
    """Microseconds for which the parent is reported after this rule fired."""
    remember: tuple[str, ...] = ()
    """Fields whose values are remembered when the rule fires."""
    unless_remembered: tuple[str, ...] = ()
    """Fields whose values must not have been remembered."""
    overwrite: bool = False
    divided_groups: list[tuple[str, list[str]]] | None = None
    """The groups by event field, worked out at first use."""
    description_parts: tuple[tuple[str, str], ...] | None = None
    """The description by the fields it shows, worked out at first use."""
    guarded: bool = False
    """`asks_memory`, worked out once all rules are read."""
    children: list[Rule] = field(default_factory=list)
    siblings: Any = None
    """The children, indexed (`tocsin.rules.siblings.Siblings`)."""

    @property
    def asks_memory(self) -> bool:
        """Whether memory of earlier events has a say in whether the rule holds."""
        return bool(
            self.composite or self.first_time_only or self.check_diff or self.ignore or self.unless_remembered
        )

    @property
    def order(self) -> tuple[bool, int]:
        """Where it stands among its siblings: level 0 first, then from high to low."""
        return (self.last, -(self.level or 99))

    def summary(self) -> RuleSummary:
        """Return the rule for a listing."""
        return RuleSummary(
            str(self.id), self.level, self.description, self.groups, self.mitre, self.path, self.line
        )
