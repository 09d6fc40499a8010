"""Decoders, rules and lists of some folders as one thing: loads them, lists them, classifies records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tocsin.core.errors import Location, Problem
from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.decode.analysis import BUILT_IN, Analyst, quarantined
from tocsin.decode.decoders import Decoders, load_decoders
from tocsin.decode.subject import Subject
from tocsin.rules.lists import read_lists
from tocsin.rules.model import Rule, RuleSummary
from tocsin.rules.reader import read_rules
from tocsin.rules.tracking import readings
from tocsin.rules.tree import Tree
from tocsin.rules.verdict import put_verdict
from tocsin.rules.walk import Node, describe, walk
from tocsin.rules.watched import Watched

_CHANGES = ("added", "modified", "deleted")
UPSTREAM_BUILT_IN = frozenset(
    {
        *(f"syscheck_registry_{kind}_{what}" for kind in ("key", "value") for what in _CHANGES),
        *("rootcheck", "sca", "ciscat", "syscollector", "hostinfo_new", "hostinfo_modified"),
    }
)
"""Decoders compiled into Wazuh that rules may name although no record here leads to them yet."""


class Ruleset:
    """Loaded content. Classifying is a pure function of a record, so any process may do it. Thread safe."""

    def __init__(self, decoders: Decoders, tree: Tree, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        """What was refused while loading; the rest works."""
        self.quarantined = 0
        """Records on which analysis failed since the ruleset was loaded; their events say why."""
        self.tree = tree
        self.watched = Watched(tree.rules.values())
        self._analyst = Analyst(decoders)

    @property
    def rules(self) -> tuple[RuleSummary, ...]:
        """Every rule in force, in the order of loading."""
        return tuple(rule.summary() for rule in self.tree.rules.values())

    def classify(self, records: Sequence[Record]) -> list[Classified]:
        """Return one classified event per record, in order. Never raises over what a record holds."""
        return [self._guarded(record) for record in records]

    def _guarded(self, record: Record) -> Classified:
        try:
            return self._classify(record)
        except Exception as error:  # noqa: BLE001  # a supervised edge: one record must not stop its batch
            self.quarantined += 1
            return Classified(quarantined(record, f"analysis failed: {type(error).__name__}: {error}"))

    def _classify(self, record: Record) -> Classified:
        subject, event = self._analyst.decode(record)
        if subject.tracked is not None:
            asked = readings(subject, subject.tracked, self._nodes)
            return Classified(event, [[], self.watched.facts(subject), asked])
        outcome = walk(self.tree.roots[subject.category], subject)
        if outcome is None:
            return Classified(event)
        if isinstance(outcome, Rule):
            description = describe(outcome, subject)
            if outcome.id not in self.watched:
                put_verdict(event.fields, outcome, description)
                return Classified(event)
            outcome = [[outcome.id, description, []]]
        return Classified(event, self._pending(outcome, subject))

    def _nodes(self, subject: Subject) -> list[Node]:
        """Return the walk's result with the verdict left to memory in any case."""
        outcome = walk(self.tree.roots[subject.category], subject)
        if isinstance(outcome, Rule):
            return [[outcome.id, describe(outcome, subject), []]]
        return outcome or []

    def _pending(self, nodes: list[Node], subject: Subject) -> list[Any]:
        return [nodes, self.watched.facts(subject)]


def load(paths: Sequence[Path]) -> Ruleset:
    """Load folders that hold `decoders/*.xml`, `rules/*.xml` and `lists/`, in one ruleset.

    Files of all folders are read in the order of their names. Whatever is refused stands in `problems`
    with file, line and reason, and the rest is loaded. The files need not stand on one machine for
    good: a ruleset holds all it needs.
    """
    problems = [Problem(Location(str(path)), "no such folder") for path in paths if not path.is_dir()]
    decoders, refused = load_decoders(_files(paths, "decoders"))
    problems += refused
    lists, refused = read_lists(path / "lists" for path in paths if (path / "lists").is_dir())
    problems += refused
    rules, refused = read_rules(
        _files(paths, "rules"), {*decoders.names, *BUILT_IN, *UPSTREAM_BUILT_IN}, lists
    )
    tree = Tree(rules)
    return Ruleset(decoders, tree, [*problems, *refused, *tree.problems])


def _files(paths: Iterable[Path], folder: str) -> list[Path]:
    found = [file for path in paths for file in (path / folder).glob("*.xml") if file.is_file()]
    return sorted(found, key=lambda file: file.name)
