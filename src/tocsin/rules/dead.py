"""Rules that can never be a verdict, each with a reason that can be checked by hand.

Only what is certain is said: a rule is accused when every place it stands in is closed to it. What was
merely not met for a long time is another list (`unseen`), made from the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tocsin.core.clock import DAY
from tocsin.rules.catalogue import conditions
from tocsin.rules.conditions import ADDRESSES, ON_VALUE
from tocsin.rules.lists import find_list, read_lists
from tocsin.rules.model import CATEGORIES, Rule
from tocsin.rules.options import RulesetOptions
from tocsin.rules.producible import BESIDE, Producible
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.sources import Sources, content_files
from tocsin.rules.statistics import RuleFigures

_POSITIVE_LOOKUPS = frozenset(
    {"match_key", "match_key_value", "address_match_key", "address_match_key_value"}
)
_GEO = frozenset({"srcgeoip", "dstgeoip"})
_STATIC_CONDITIONS = frozenset({*ON_VALUE, *ADDRESSES}) - BESIDE - _GEO
_MOST_SIBLINGS = 400
"""Further back a sibling is not compared: large groups would take minutes."""


class DeadRule(msgspec.Struct, frozen=True):
    """A rule that can never be a verdict."""

    id: str
    level: int
    description: str
    file: str
    line: int
    kind: str
    """One word for programs: refused, decoder, category, contradiction, field, list, shadowed, counting,
    parent, geoip, first-seen."""
    reason: str


@dataclass(frozen=True, slots=True)
class _Reason:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Place:
    """One way to a rule: the category of the root, the decoder asked for, and values bound on the way."""

    category: str
    decoder: str | None = None
    equals: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class _Limits:
    options: RulesetOptions
    memory_size: int | None


def dead_rules(
    ruleset: Ruleset, folders: Sequence[Path], options: RulesetOptions, *, memory_size: int | None = None
) -> list[DeadRule]:
    """Return the rules that can never be a verdict, in the order of loading, then those refused.

    `memory_size` is how many earlier events are remembered at most; None: no such bound.
    """
    report = _Report(ruleset, folders, _Limits(options, memory_size))
    return [*report.dead(), *_refused(ruleset)]


def unseen(
    rules: Sequence[Rule], figures: Mapping[int, RuleFigures], now: int, days: int
) -> list[tuple[Rule, int | None]]:
    """Return the rules that were no verdict for so many days, each with its last hit if there was one."""
    found = []
    for rule in rules:
        last = figures[rule.id].last_hit_at if rule.id in figures else None
        if last is None or last < now - days * DAY:
            found.append((rule, last))
    return found


class _Report:
    def __init__(self, ruleset: Ruleset, folders: Sequence[Path], limits: _Limits) -> None:
        options = limits.options
        self._ruleset = ruleset
        self._limits = limits
        # A second stage of decoding reads whatever a record holds.
        self._any_field = options.second_stage is not None
        self._producible = Producible(content_files(folders, "decoders"))
        self._lists, _ = read_lists(folder / "lists" for folder in folders if (folder / "lists").is_dir())
        self._sources = Sources(content_files(folders, "rules", options.left_out))
        self._words: dict[int, frozenset[tuple[str, ...]]] = {}
        self._dead: dict[int, _Reason] = {}
        self._reached: set[int] = set()

    def dead(self) -> Iterator[DeadRule]:
        """Yield what is dead; a correlation may die of what it counts, so until nothing changes."""
        closed = self._closed()
        while True:
            self._reached, before = set(), len(self._dead)
            self._blocked: dict[int, _Reason] = {}
            for category in CATEGORIES:
                self._walk_root(category, closed)
            for rule in self._ruleset.tree.rules.values():
                if rule.id not in self._reached and rule.id not in self._dead:
                    self._dead[rule.id] = self._blocked.get(rule.id, _Reason("parent", self._parents(rule)))
            closed |= self._uncounted()
            if len(self._dead) == before and not (closed.keys() - self._dead.keys()):
                break
        for rule in self._ruleset.tree.rules.values():
            reason = self._dead.get(rule.id)
            if reason is not None:
                yield DeadRule(
                    str(rule.id),
                    rule.level,
                    rule.description,
                    rule.path,
                    rule.line,
                    reason.kind,
                    reason.text,
                )

    def _closed(self) -> dict[int, _Reason]:
        """Return the rules that hold nowhere, for a reason of their own."""
        found = {}
        for rule in self._ruleset.tree.rules.values():
            reason = self._own_fault(rule)
            if reason is not None:
                found[rule.id] = reason
        return found

    def _own_fault(self, rule: Rule) -> _Reason | None:
        for condition in sorted(self._conditions(rule)):
            tag, text = condition[0], condition[1]
            if tag in _GEO and self._limits.options.geoip is None:
                return _Reason("geoip", f"<{tag}> needs a GeoIP database, and none is configured")
            if tag == "list" and not self._may_list(text, condition):
                return _Reason("list", f"the list {text.strip()!r} is empty")
        composite, most = rule.composite, self._limits.memory_size
        if composite is not None and most is not None and composite.frequency - 1 > most:
            return _Reason(
                "counting", f"frequency {composite.frequency} exceeds the {most} events remembered"
            )
        return None

    def _may_list(self, text: str, condition: tuple[str, ...]) -> bool:
        lookup = dict(part.split("=", 1) for part in condition[2:]).get("lookup", "match_key")
        return lookup not in _POSITIVE_LOOKUPS or bool(find_list(self._lists, text.strip()))

    def _uncounted(self) -> dict[int, _Reason]:
        """Return correlations none of whose counted rules can be a verdict above level 0."""
        counted: dict[int, set[int]] = {}
        rules = self._ruleset.tree.rules
        for rule in rules.values():
            for listener in self._ruleset.watched.listeners(rule.id):
                counted.setdefault(listener.rule.id, set()).add(rule.id)
        found = {}
        for rule in rules.values():
            composite = rule.composite
            if composite is None or composite.matched_regex is not None or rule.id in self._dead:
                continue
            if composite.every_agent and composite.frequency <= 1:
                continue
            alive = counted.get(rule.id, set()) - self._dead.keys()
            if all(rules[sid].noalert for sid in alive):
                found[rule.id] = _Reason("counting", self._counts_nothing(rule))
        return found

    def _counts_nothing(self, rule: Rule) -> str:
        composite, rules = rule.composite, self._ruleset.tree.rules
        if composite is None or not composite.matched_sids:
            group = composite.matched_group if composite else ""
            return f"counts events of group {group!r}, which no rule of level 1 or more gives"
        told = []
        for sid in sorted(composite.matched_sids):
            known = rules.get(sid)
            if known is None:
                told.append(f"rule {sid} is not there")
            elif known.level == 0:
                told.append(f"rule {sid} has level 0, which is not counted")
            else:
                told.append(f"rule {sid} is never a verdict")
        return f"counts nothing: {'; '.join(told)}"

    def _walk_root(self, category: str, closed: Mapping[int, _Reason]) -> None:
        root = self._ruleset.tree.roots[category]
        place = _Place(category)
        if category not in self._producible.categories:
            reason = _Reason("category", f"no decoder is of type {category!r}")
            self._block((root,) if root.id else root.children, reason)
        elif root.id:
            self._visit((root,), place, closed, set())
        else:
            self._visit(root.children, place, closed, set())

    def _visit(
        self,
        rules: Sequence[Rule],
        place: _Place,
        closed: Mapping[int, _Reason],
        seen: set[tuple[int, _Place]],
    ) -> None:
        for index, rule in enumerate(rules):
            reason = closed.get(rule.id) or self._closed_here(rule, place)
            reason = reason or self._shadow(rule, rules[max(0, index - _MOST_SIBLINGS) : index])
            if reason is not None:
                self._block((rule,), reason)
                continue
            inner = _Place(
                place.category,
                rule.decoded_as or place.decoder,
                tuple(dict.fromkeys((*place.equals, *rule.equals))),
            )
            self._reached.add(rule.id)
            if (rule.id, inner) not in seen:
                seen.add((rule.id, inner))
                self._visit(rule.children, inner, closed, seen)

    def _block(self, rules: Sequence[Rule], reason: _Reason) -> None:
        for rule in rules:
            self._blocked.setdefault(rule.id, reason)

    def _closed_here(self, rule: Rule, place: _Place) -> _Reason | None:
        if rule.decoded_as is not None and place.decoder not in (None, rule.decoded_as):
            text = f"asks for decoder {rule.decoded_as}, and its parent for {place.decoder}"
            return _Reason("contradiction", text)
        decoder = rule.decoded_as or place.decoder
        given = self._producible.of(decoder) if decoder else None
        if given is not None and place.category not in given.categories:
            text = f"stands below category {place.category}, and decoder {decoder} is of another type"
            return _Reason("category", text)
        for name, values in rule.equals:
            for bound, others in place.equals:
                if name == bound and values.isdisjoint(others):
                    text = f"asks for {name} {_any(values)}, and its parent for {_any(others)}"
                    return _Reason("contradiction", text)
        if given is None or given.anything or self._any_field:
            return None
        missing = next((n for n in self._fields(rule) if not n & given.fields), None)
        if missing is not None:
            text = f"asks for {' or '.join(sorted(missing))}, which decoder {decoder} never reads"
            return _Reason("field", text)
        if rule.first_time_only and not given.first_seen:
            return _Reason("first-seen", f"asks for what is new (if_fts), and decoder {decoder} has no <fts>")
        return None

    def _fields(self, rule: Rule) -> Iterator[set[str]]:
        """Yield the fields that must be there, each with its substitutes."""
        for tag, text, *attributes in sorted(self._conditions(rule)):
            given = dict(part.split("=", 1) for part in attributes)
            if tag == "user":
                yield {"dstuser", "srcuser"}
            elif tag in _STATIC_CONDITIONS:
                yield {tag}
            elif tag == "field" or (tag == "list" and text):
                name = given.get("name" if tag == "field" else "field", "").lower()
                if name == "user":
                    yield {"dstuser", "srcuser"}
                elif name and name not in BESIDE and name not in _GEO:
                    yield {name}

    def _shadow(self, rule: Rule, earlier: Sequence[Rule]) -> _Reason | None:
        if not earlier:
            return None
        words = self._conditions(rule)
        for other in earlier:
            if other.guarded or other.noalert or other.id in self._dead or other is rule:
                continue
            if other.decoded_as not in (None, rule.decoded_as) or not self._is_known(other):
                continue
            if self._conditions(other) <= words:
                return _Reason("shadowed", f"rule {other.id} before it holds whenever this one would")
        return None

    def _is_known(self, rule: Rule) -> bool:
        """Whether the rule's conditions are all in its text, as it is now."""
        return self._sources.element_of(rule) is not None

    def _conditions(self, rule: Rule) -> frozenset[tuple[str, ...]]:
        """Return the conditions as comparable words: tag, text, attributes."""
        found = self._words.get(rule.id)
        if found is None:
            element = self._sources.element_of(rule)
            given = [
                (c.tag, c.text, *(f"{name}={value}" for name, value in sorted(c.attributes.items())))
                for c in conditions(element)
                if c.tag != "decoded_as"
            ]
            tags = [words[0] for words in given if words[0] not in ("field", "list")]
            if len(set(tags)) < len(tags):  # texts of a repeated tag are one pattern: nothing to compare
                given.append(("repeated", str(rule.id)))
            if element is not None and element.attributes.get("maxsize"):
                given.append(("maxsize", element.attributes["maxsize"]))
            found = self._words[rule.id] = frozenset(given)
        return found

    def _parents(self, rule: Rule) -> str:
        parents = sorted(r.id for r in self._ruleset.tree.rules.values() if rule in r.children)
        return f"stands only below rules that can never hold: {', '.join(map(str, parents))}"


def _refused(ruleset: Ruleset) -> Iterator[DeadRule]:
    """Yield the rules that are not in force at all."""
    known = {str(number) for number in ruleset.tree.rules}
    for problem in ruleset.problems:
        if problem.subject.isdigit() and problem.subject not in known:
            place = problem.location
            yield DeadRule(problem.subject, 0, "", place.path, place.line, "refused", problem.reason)


def _any(values: frozenset[str]) -> str:
    return " or ".join(repr(value) for value in sorted(values)[:5])
