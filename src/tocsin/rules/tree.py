"""The rule tree: where each rule stands, and what replaces what."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.core.clock import SECOND
from tocsin.core.errors import Location, Problem
from tocsin.decode.decoders import limit_of
from tocsin.decode.patterns import Pattern, compile_pattern, lower
from tocsin.decode.scan import LogScan
from tocsin.rules.conditions import OnField, OnLog, OnProgram
from tocsin.rules.entries import Level, Room
from tocsin.rules.model import CATEGORIES, DEFAULT_TIMEFRAME_S, Composite, Rule
from tocsin.rules.shortlists import Shortlists
from tocsin.rules.siblings import Siblings

_HIGHEST_ROOT = 9


class Tree:
    """Rules by category, each below the rules it refines. Only rules loaded earlier can be parents.

    A category for which the content brings no root (ids 1 to 9) gets one that never alerts itself.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: dict[int, Rule] = {}
        self.problems: list[Problem] = []
        self.roots = {name: _root(name) for name in CATEGORIES}
        self.first: dict[str, Level] = {}
        """By category, what is tried first."""
        for rule in rules:
            reason = self._add(rule)
            if reason:
                self.problems.append(Problem(Location(rule.path, rule.line), reason, str(rule.id)))
        self.use(LogScan())

    def patterns(self) -> list[Pattern]:
        """Return every pattern that is asked of a whole log."""
        return [test.pattern for rule in self._all() for test in rule.tests if isinstance(test, OnLog)]

    def limits(self) -> list[Problem]:
        """Return which rules look at the beginning of a long text only, and how often that happened."""
        return [
            Problem(Location(rule.path, rule.line), reason, str(rule.id))
            for rule in self._all()
            for test in rule.tests
            if isinstance(test, OnLog | OnField | OnProgram) and (reason := limit_of(test.pattern))
        ]

    def use(self, scan: LogScan) -> None:
        """Let one pass over each log tell which rules can match it; not while events are classified."""
        self.scan = scan
        room = Room()
        for rule in self._all():
            rule.guarded = rule.asks_memory
            rule.siblings = Siblings(rule.children, scan, room) if rule.children else None
        for category, root in self.roots.items():
            # A root that no content states is no rule: it never stands in a verdict.
            first = Siblings([root] if root.id else root.children, scan, room)
            self.first[category] = Shortlists(first, room)

    def _all(self) -> list[Rule]:
        return [*self.rules.values(), *(root for root in self.roots.values() if not root.id)]

    def _add(self, rule: Rule) -> str:
        """Place a rule; return why it is refused, or nothing."""
        known = self.rules.get(rule.id)
        if known is not None:
            if not rule.overwrite:
                return f"rule {rule.id} stands already at {known.path}:{known.line}"
            ignored = _overwrite(known, rule)
            if ignored:
                self.problems.append(Problem(Location(rule.path, rule.line), ignored, str(rule.id)))
            return ""
        if 0 < rule.id <= _HIGHEST_ROOT:
            rule.places = 1
            rule.children = self.roots[rule.placing.category].children
            self.roots[rule.placing.category] = rule
            self.rules[rule.id] = rule
            return ""
        parents, reason = self._parents(rule)
        for parent in parents:
            _insert(parent.children, rule)
            rule.places += parent.places
        if parents:
            self.rules[rule.id] = rule
        return reason

    def _parents(self, rule: Rule) -> tuple[list[Rule], str]:
        placing = rule.placing
        if placing.if_sid:
            missing = [sid for sid in placing.if_sid if sid not in self.rules]
            found = [self.rules[sid] for sid in dict.fromkeys(placing.if_sid) if sid in self.rules]
            return found, f"no rule before this one has the id {missing[0]}" if missing else ""
        if placing.if_level is not None:
            found = [other for other in self.rules.values() if other.level >= placing.if_level]
            return found, "" if found else f"no rule before this one has level {placing.if_level} or more"
        if placing.if_group is not None:
            test = compile_pattern(placing.if_group, "osmatch").test
            found = [r for r in self.rules.values() if test(r.group_text, lower(r.group_text))]
            return found, "" if found else f"no rule before this one is of group {placing.if_group!r}"
        return [self.roots[placing.category]], ""


def _root(category: str) -> Rule:
    text = f"Any {category} event."
    return Rule(id=0, level=0, description=text, path="", line=0, noalert=True, places=1)


def _insert(children: list[Rule], rule: Rule) -> None:
    for index, other in enumerate(children):
        if other.order > rule.order:
            children.insert(index, rule)
            return
    children.append(rule)


def _overwrite(known: Rule, rule: Rule) -> str:
    """Give a rule the attributes and conditions of another; place, children and parents stay.

    Which events a correlation counts (`if_matched_*`) stays as well, as upstream. Returns what of the
    other rule was not taken, or nothing.
    """
    placing, composite = rule.placing, rule.composite
    stated = [
        tag
        for tag, given in (
            ("if_sid", placing.if_sid),
            ("if_group", placing.if_group),
            ("if_level", placing.if_level),
            ("if_matched_sid", composite and composite.matched_sids),
            ("if_matched_group", composite and composite.matched_group),
        )
        if given and tag not in placing.implied
    ]
    rule.composite = _counting_the_same(known.composite, composite)
    for name in _REPLACED:
        setattr(known, name, getattr(rule, name))
    if not stated:
        return ""
    return f"{', '.join(stated)} is ignored: a rule that overwrites stays where the other stood"


def _counting_the_same(known: Composite | None, given: Composite | None) -> Composite | None:
    """Return what a rule that overwrites asks of the events the other counted."""
    if known is None:
        return None
    given = given or Composite(frequency=2, timeframe=DEFAULT_TIMEFRAME_S * SECOND, uses_up=False)
    given.matched_sids, given.matched_group = known.matched_sids, known.matched_group
    given.matched_regex = given.matched_regex or known.matched_regex
    return given


_REPLACED = (
    *("level", "description", "path", "line", "group_text", "groups", "mitre", "decoded_as", "tests"),
    *("literals", "equals", "noalert", "last", "composite", "first_time_only", "check_diff", "ignore"),
    *("remember", "unless_remembered", "divided_groups", "timed", "options", "info"),
    "description_parts",
)
