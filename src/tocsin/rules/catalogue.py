"""The rules as people look at them: lists, one rule with all that is known of it, the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import msgspec

from tocsin.core.errors import NotFoundError
from tocsin.decode.markup import Element
from tocsin.decode.naming import readable
from tocsin.rules.composites import COMPOSITE_TAGS
from tocsin.rules.conditions import TAGS
from tocsin.rules.model import Rule
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.sources import Sources
from tocsin.rules.statistics import RuleFigures
from tocsin.rules.store import Provenance
from tocsin.rules.switches import Switches, rule_number

_STATE_TAGS = ("if_fts", "check_diff", "ignore", "check_if_ignored")
_PLACES = ("if_sid", "if_group", "if_level", "category")
CONDITION_TAGS = frozenset({*TAGS, *COMPOSITE_TAGS, *_STATE_TAGS, "decoded_as"})
_NO_FIGURES = RuleFigures()


class RuleView(msgspec.Struct, frozen=True):
    """A rule in a list."""

    id: str
    level: int
    description: str
    groups: tuple[str, ...]
    mitre: tuple[str, ...]
    file: str
    line: int
    decoder: str | None
    """The decoder it asks for, if it asks for one."""
    enabled: bool
    hits: int
    alerts: int
    last_hit_at: int | None
    tries: int
    mean_ns: int


class Condition(msgspec.Struct, frozen=True):
    """One condition as it is in force: variables replaced, an overwrite applied."""

    tag: str
    text: str
    attributes: dict[str, str] = {}
    line: int = 0


class Part(msgspec.Struct, frozen=True):
    """A stretch of a file: the rule, or what replaces it."""

    file: str
    line: int
    text: str


class RuleDetail(msgspec.Struct, frozen=True):
    """Everything that is known of a rule."""

    rule: RuleView
    source: tuple[Part, ...]
    """The rule as its author wrote it, then whatever replaces it, in the order of reading."""
    conditions: tuple[Condition, ...]
    placing: tuple[Condition, ...]
    parents: tuple[RuleView, ...]
    children: tuple[RuleView, ...]
    frequency: int | None = None
    timeframe_s: int | None = None
    counts: tuple[str, ...] = ()
    """Ids of the rules whose events a correlation counts."""
    provenance: Provenance | None = None


class Branch(msgspec.Struct, frozen=True):
    """A rule in the tree; `cut` says that it has children which are not shown."""

    id: str
    level: int
    description: str
    enabled: bool
    children: tuple[Branch, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which rules to list; what is empty or None does not matter."""

    level: int | None = None
    """At least this level."""
    group: str = ""
    decoder: str = ""
    file: str = ""
    text: str = ""
    enabled: bool | None = None

    def selects(self, view: RuleView) -> bool:
        """Whether the rule is one of them; texts are compared without regard to case."""
        text = self.text.lower()
        return (
            (self.level is None or view.level >= self.level)
            and (not self.group or self.group in view.groups)
            and (not self.decoder or view.decoder == self.decoder)
            and (not self.file or self.file in (view.file, PurePath(view.file).name))
            and (not text or text in view.description.lower() or text == view.id)
            and (self.enabled is None or view.enabled == self.enabled)
        )


class Catalogue:
    """Looks rules up in one ruleset. Not thread safe: make one for each thread."""

    def __init__(
        self,
        ruleset: Ruleset,
        files: Sequence[Path],
        switches: Switches,
        figures: Mapping[int, RuleFigures],
        provenance: Callable[[str], Provenance | None] = lambda _path: None,
    ) -> None:
        self._provenance = provenance
        self.ruleset = ruleset
        self.sources = Sources(files)
        self._switches = switches
        self._figures = figures
        self._parents: dict[int, list[Rule]] | None = None

    def list(self, wanted: RuleFilter = RuleFilter()) -> list[RuleView]:  # frozen
        """Return the rules wanted, in the order of loading."""
        views = (self.view(rule) for rule in self.ruleset.tree.rules.values())
        return [view for view in views if wanted.selects(view)]

    def find(self, rule_id: str) -> Rule:
        """Return a rule by its id; raises `InvalidError`, `NotFoundError`."""
        rule = self.ruleset.tree.rules.get(rule_number(rule_id))
        if rule is None:
            raise NotFoundError(f"there is no rule {rule_id}")
        return rule

    def view(self, rule: Rule) -> RuleView:
        """Return a rule as it stands in a list."""
        figures = self._figures.get(rule.id, _NO_FIGURES)
        return RuleView(
            id=str(rule.id),
            level=rule.level,
            description=rule.description,
            groups=rule.groups,
            mitre=rule.mitre,
            file=rule.path,
            line=rule.line,
            decoder=rule.decoded_as,
            enabled=not self._switches.is_off(rule),
            hits=figures.hits,
            alerts=figures.alerts,
            last_hit_at=figures.last_hit_at,
            tries=figures.tries,
            mean_ns=figures.mean_ns,
        )

    def show(self, rule_id: str) -> RuleDetail:
        """Return all that is known of a rule; raises `InvalidError`, `NotFoundError`."""
        rule = self.find(rule_id)
        element, composite = self.sources.element_of(rule), rule.composite
        watched = self.ruleset.watched
        counted = [
            other
            for other in self.ruleset.tree.rules.values()
            if any(listener.rule is rule for listener in watched.listeners(other.id))
        ]
        return RuleDetail(
            rule=self.view(rule),
            source=tuple(
                Part(str(path), text.line, readable(text.text)) for path, text in self.sources.texts(rule.id)
            ),
            conditions=tuple(conditions(element)),
            placing=tuple(conditions(element, _PLACES)),
            parents=tuple(self.view(parent) for parent in self.parents(rule)),
            children=tuple(self.view(child) for child in rule.children),
            frequency=composite.frequency if composite else None,
            timeframe_s=composite.timeframe // 1_000_000 if composite else None,
            counts=tuple(str(other.id) for other in counted) if composite else (),
            provenance=self._provenance(rule.path),
        )

    def parents(self, rule: Rule) -> Sequence[Rule]:
        """Return the rules it stands below; none for one that stands at the top."""
        if self._parents is None:
            self._parents = {}
            for parent in self.ruleset.tree.rules.values():
                for child in parent.children:
                    self._parents.setdefault(child.id, []).append(parent)
        return self._parents.get(rule.id, ())

    def tree(self, rule_id: str = "", depth: int = 64) -> tuple[Branch, ...]:
        """Return the tree below a rule, or below every root; a rule in several places is in each."""
        if rule_id:
            return (self._branch(self.find(rule_id), depth),)
        tops = [rule for rule in self.ruleset.tree.rules.values() if not self.parents(rule)]
        return tuple(self._branch(rule, depth) for rule in tops)

    def _branch(self, rule: Rule, depth: int) -> Branch:
        below = tuple(self._branch(child, depth - 1) for child in rule.children) if depth > 0 else ()
        return Branch(
            id=str(rule.id),
            level=rule.level,
            description=rule.description,
            enabled=not self._switches.is_off(rule),
            children=below,
            cut=bool(rule.children) and not below,
        )


def conditions(
    element: Element | None, tags: Sequence[str] | frozenset[str] = CONDITION_TAGS
) -> Iterator[Condition]:
    """Yield what a rule's element asks for, in the order written."""
    for child in element.children if element is not None else ():
        if child.name in tags:
            attributes = {name: readable(value) for name, value in child.attributes.items()}
            yield Condition(child.name, readable(child.text), attributes, child.line)
