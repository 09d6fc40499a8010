"""Decoders, rules and lists of some folders as one thing: loads them, lists them, classifies records."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tocsin.core.attack import read_techniques
from tocsin.core.errors import ContentError, Location, Problem
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.decode.analysis import BUILT_IN, Analyst, quarantined
from tocsin.decode.decoders import Decoders, load_decoders
from tocsin.decode.scan import LogScan
from tocsin.decode.subject import Subject
from tocsin.rules.deferred import frozen
from tocsin.rules.geoip import Regions
from tocsin.rules.hours import WallClock
from tocsin.rules.lists import read_lists
from tocsin.rules.model import Rule, RuleSummary
from tocsin.rules.options import RulesetOptions
from tocsin.rules.reader import read_rules
from tocsin.rules.switches import switch_off
from tocsin.rules.tracking import readings
from tocsin.rules.tree import Tree
from tocsin.rules.verdict import name_parts, put_verdict
from tocsin.rules.walk import Node, describe, walk
from tocsin.rules.watched import Watched


class Ruleset:
    """Loaded content. Classifying is a pure function of a record, so any process may do it. Thread safe."""

    def __init__(
        self,
        decoders: Decoders,
        tree: Tree,
        problems: Iterable[Problem],
        options: RulesetOptions = RulesetOptions(),  # noqa: B008  # frozen
        regions: Regions | None = None,
    ) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        """What was refused while loading; the rest works."""
        self.quarantined = 0
        """Records on which analysis failed since the ruleset was loaded; their events say why."""
        self.tree = tree
        self.decoders = decoders
        self.watched = Watched(tree.rules.values())
        self.hostname = options.hostname or socket.gethostname()
        self._analyst = Analyst(decoders, options.second_stage)
        self._regions = regions
        self._by_reception = options.time == "received"
        timed = any(rule.timed for rule in tree.rules.values())
        self._wall = WallClock(options.zone) if timed else None
        whole, parts = decoders.patterns()
        scan = LogScan([*tree.patterns(), *whole], parts)
        tree.use(scan)
        decoders.use(scan)

    @property
    def rules(self) -> tuple[RuleSummary, ...]:
        """Every rule in force, in the order of loading."""
        return tuple(rule.summary() for rule in self.tree.rules.values())

    def limits(self) -> list[Problem]:
        """Return which decoders and rules see the beginning of a long text only, so that none can stall.

        That is so for patterns that look around or back, which no engine runs in bounded time. Each says
        how many texts it saw no more of since the ruleset was loaded.
        """
        return [*self.decoders.limits(), *self.tree.limits()]

    def classify(self, records: Sequence[Record]) -> list[Classified]:
        """Return one classified event per record, in order. Never raises over what a record holds."""
        return [self._guarded(record) for record in records]

    def _guarded(self, record: Record) -> Classified:
        try:
            return self._classify(record)
        except Exception as error:  # noqa: BLE001  # a supervised edge: one record must not stop its batch
            self.quarantined += 1
            return Classified(quarantined(record, f"analysis failed: {type(error).__name__}: {error}"))

    def examine(self, record: Record) -> tuple[Subject, Classified]:
        """Return one classified record and what rules saw of it, with the names decoders write.

        Unlike `classify` it raises what analysis raises.
        """
        subject, event = self._analyst.decode(record, keep_names=True)
        return subject, self._classified(subject, event)

    def _classify(self, record: Record) -> Classified:
        return self._classified(*self._analyst.decode(record))

    def _complete(self, subject: Subject, event: Event) -> None:
        """Add what is not in the record: the machine's own name, regions, the time on the wall."""
        if not subject.hostname:
            subject.hostname = self.hostname
        if self._regions is not None:
            self._regions.put(subject)
        if self._wall is not None:
            subject.at = self._wall.of(event.received_at if self._by_reception else event.at)

    def _classified(self, subject: Subject, event: Event) -> Classified:
        self._complete(subject, event)
        if subject.accumulate and "id" in subject.values:
            return Classified(event, [None, frozen(subject)])
        if subject.replayed in self.tree.rules:
            rule = self.tree.rules[subject.replayed]
            return self._decided(event, rule, describe(rule, subject), subject)
        if subject.tracked is not None:
            asked = readings(subject, subject.tracked, self._nodes)
            return Classified(event, [[], self.watched.facts(subject), asked])
        outcome = self._walked(subject)
        if outcome is None:
            return Classified(event)
        if isinstance(outcome, Rule):
            return self._decided(event, outcome, describe(outcome, subject), subject)
        return Classified(event, self._pending(outcome, subject))

    def _decided(self, event: Event, rule: Rule, description: str, subject: Subject) -> Classified:
        if rule.id in self.watched:
            return Classified(event, self._pending([[rule.id, description, []]], subject))
        put_verdict(event.fields, rule, description)
        return Classified(event)

    def pending(self, subject: Subject) -> list[Any]:
        """Return what memory must decide about a subject: nodes of the walk, and facts."""
        return self._pending(self._nodes(subject), subject)

    def _walked(self, subject: Subject) -> Rule | list[Node] | None:
        hits = subject.hits
        if hits is None:
            hits = subject.hits = self.tree.scan.hits(subject.log)
        return walk(self.tree.first[subject.category], subject, hits)

    def _nodes(self, subject: Subject) -> list[Node]:
        """Return the walk's result with the verdict left to memory in any case."""
        outcome = self._walked(subject)
        if isinstance(outcome, Rule):
            return [[outcome.id, describe(outcome, subject), []]]
        return outcome or []

    def _pending(self, nodes: list[Node], subject: Subject) -> list[Any]:
        return [nodes, self.watched.facts(subject)]


def load(
    paths: Sequence[Path],
    options: RulesetOptions = RulesetOptions(),  # noqa: B008  # frozen
) -> Ruleset:
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
        [file for file in _files(paths, "rules") if file.name not in options.left_out],
        {*decoders.names, *BUILT_IN},
        lists,
        json_as_eventchannel=options.json_as_eventchannel,
    )
    tree = Tree(switch_off(rules, options.off))
    techniques, odd = read_techniques(paths)
    problems += odd
    for rule in tree.rules.values():
        name_parts(rule, techniques)
    regions = None
    if options.geoip is not None:
        try:
            regions = Regions(options.geoip)
        except ContentError as error:
            problems.append(Problem(error.location or Location(str(options.geoip)), error.message))
    return Ruleset(decoders, tree, [*problems, *refused, *tree.problems], options, regions)


def _files(paths: Iterable[Path], folder: str) -> list[Path]:
    found = [file for path in paths for file in (path / folder).glob("*.xml") if file.is_file()]
    return sorted(found, key=lambda file: file.name)
