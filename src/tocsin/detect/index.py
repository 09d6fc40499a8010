"""Find the rules an event matches without trying them all.

An event's kind says which rules are about it (`route`); for a kind, witnesses are looked up in the
event's fields (`witness`, `lookup`, `scan`), and only rules with a witness are evaluated, by a compiled
function (`flat`). Once a kind has been seen often enough, its witnesses are chosen anew by how often they
were true, and searched for with the fastest scanner. The result is exactly what trying every rule gives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from time import perf_counter_ns
from typing import Any

from tocsin.core.event import Event
from tocsin.detect.flat import Flat, compile_flat
from tocsin.detect.lookup import Lookup, Memory, Place, lookup_of
from tocsin.detect.route import Leaf, Router, Shape
from tocsin.detect.rule import WatchRule
from tocsin.detect.sampling import Sample, atoms_of
from tocsin.detect.view import MultiValuedError, View
from tocsin.detect.witness import Witness, witness_of
from tocsin.query.tree import Node

MAX_KINDS = 4_096
"""Kinds of events remembered before the memory is begun anew."""

SAMPLED = 256
"""Events of a kind that are counted before its witnesses are chosen anew."""

TIMED_EVERY = 64
"""Of so many events one is timed."""

OnFault = Callable[[WatchRule, Event, Exception], None]


def _raise(_rule: WatchRule, _event: Event, error: Exception) -> None:
    raise error


@dataclass(slots=True)
class _Condition:
    """What is left of one rule for a kind of events, or of several that ask the same."""

    node: Node
    places: tuple[int, ...]
    """Of the rules, in their own order."""
    holds: Flat | None = None
    """The condition compiled, once it was asked."""
    evaluations: int = 0
    ns: int = 0
    """Both since the last `spent`."""


@dataclass(slots=True)
class _Bucket:
    """The conditions for one kind of events, by the place of the first rule that has each."""

    conditions: dict[int, _Condition]
    lookup: Lookup
    sample: Sample | None


@dataclass(slots=True)
class _Kind:
    """Where an event of a shape and kind is looked up."""

    bucket: _Bucket
    names: frozenset[str]
    whole: Lookup | None = None
    left: Place | None = None

    def place(self, memory: Memory) -> Place:
        """Return the bucket's witnesses that events of the shape can have."""
        if self.left is None or self.whole is not self.bucket.lookup:
            self.whole = self.bucket.lookup
            self.left = self.whole.among(self.names, memory)
        return self.left


class RuleIndex:
    """The rules, found by what an event has. Thread safe."""

    def __init__(self, rules: Iterable[WatchRule], *, sampled: int = SAMPLED) -> None:
        self.rules = tuple(rules)
        self._spent: list[_Condition] = []
        """Those evaluated since the last `spent`."""
        self._turn = 0
        self._router = Router(self.rules)
        self._sampled = sampled
        self._buckets: dict[tuple[tuple[tuple[int, ...], int], ...], _Bucket] = {}
        self._kinds = 0
        self._memory = Memory()
        self._guessed: dict[int, Witness] = {}
        self._lock = threading.Lock()  # scanners keep what they found last

    def candidates(self, event: Event) -> list[WatchRule]:
        """Return every rule that can match the event, in the rules' own order."""
        with self._lock:
            kind, view = self._kind(event)
            found = kind.place(self._memory).of(view)
            conditions = [kind.bucket.conditions[place] for place in found]
        return [
            self.rules[place] for place in sorted(chain.from_iterable(each.places for each in conditions))
        ]

    def matching(self, event: Event, on_fault: OnFault = _raise) -> list[WatchRule]:
        """Return the rules that the event matches, in the rules' own order.

        A rule whose evaluation fails is told to `on_fault` and does not match.
        """
        with self._lock:
            kind, view = self._kind(event)
            found, bucket = kind.place(self._memory).of(view), kind.bucket
            if bucket.sample is not None:
                self._learn(bucket, view)
            return self._held(bucket, view, found, on_fault) if found else []

    def _held(self, bucket: _Bucket, view: View, found: set[int], on_fault: OnFault) -> list[WatchRule]:
        self._turn = (self._turn + 1) % TIMED_EVERY
        held: list[int] = []
        for place in found:
            condition = bucket.conditions[place]
            if not condition.evaluations:
                self._spent.append(condition)
            condition.evaluations += 1
            holds = condition.holds
            if not self._turn:
                satisfied = self._timed(condition, view, on_fault)
            elif holds is None:
                satisfied = self._holds(condition, view, on_fault)
            else:
                try:
                    satisfied = holds(view)
                except Exception:  # noqa: BLE001 - asked again with care, where a fault is told
                    satisfied = self._holds(condition, view, on_fault)
            if satisfied:
                held += condition.places
        held.sort()
        return [self.rules[place] for place in held]

    def _timed(self, condition: _Condition, view: View, on_fault: OnFault) -> bool:
        began = perf_counter_ns()
        try:
            return self._holds(condition, view, on_fault)
        finally:
            condition.ns += (perf_counter_ns() - began) * TIMED_EVERY

    def spent(self) -> list[tuple[WatchRule, int, int]]:
        """Return the rules evaluated since the last call: how often, and for how many nanoseconds.

        The time is taken at every 64th event and stands for the others. Rules that ask the same share it.
        """
        with self._lock:
            figures = []
            for condition in self._spent:
                share = condition.ns // len(condition.places)
                figures += [(self.rules[place], condition.evaluations, share) for place in condition.places]
                condition.evaluations = condition.ns = 0
            self._spent.clear()
        return figures

    def _holds(self, condition: _Condition, view: View, on_fault: OnFault) -> bool:
        try:
            return _asked(condition, view)
        except Exception as error:  # noqa: BLE001 - supervised edge: one rule's fault must not stop others
            for place in condition.places:
                on_fault(self.rules[place], view.event, error)
            return False

    def _kind(self, event: Event) -> tuple[_Kind, View]:
        shape = self._router.shape(event.fields)
        classes = self._router.kind(shape, event)
        kind: Any = shape.kinds.get(classes)
        if kind is None:
            kind = shape.kinds[classes] = _Kind(self._bucket_for(shape, classes), shape.names)
        return kind, View(event, shape.plans)

    def _bucket_for(self, shape: Shape, kind: tuple[frozenset[Leaf], ...]) -> _Bucket:
        alike: dict[int, tuple[Node, list[int]]] = {}
        for place, node in self._router.remainders(shape, kind):
            alike.setdefault(id(node), (node, []))[1].append(place)
        conditions = {places[0]: _Condition(node, tuple(places)) for node, places in alike.values()}
        signature = tuple((each.places, id(each.node)) for each in conditions.values())
        self._kinds += 1
        if self._kinds > MAX_KINDS:
            self._router.forget()
            self._buckets.clear()
            self._guessed.clear()
            self._memory.forget()
            self._kinds = 0
        bucket = self._buckets.get(signature)
        if bucket is None:
            nodes = [each.node for each in conditions.values()]
            sample = Sample(partial(atoms_of, nodes), self._sampled) if self._sampled and nodes else None
            guessed = {place: self._guess(each.node) for place, each in conditions.items()}
            bucket = _Bucket(conditions, lookup_of(guessed, {}), sample)
            self._buckets[signature] = bucket
        return bucket

    def _guess(self, node: Node) -> Witness:
        """Return a witness chosen with no event known; a remainder is the same object for every kind."""
        if id(node) not in self._guessed:
            self._guessed[id(node)] = witness_of(node)
        return self._guessed[id(node)]

    def _learn(self, bucket: _Bucket, view: View) -> None:
        sample = bucket.sample
        if sample is not None and sample.add(view):
            frequency = sample.frequency()
            chosen = {place: witness_of(each.node, frequency) for place, each in bucket.conditions.items()}
            bucket.lookup = lookup_of(chosen, sample.lengths())
            bucket.sample = sample.next()


def _asked(condition: _Condition, view: View) -> bool:
    """Evaluate a condition; one that met a field of several values is compiled for those from then on."""
    holds = condition.holds
    if holds is None:
        holds = condition.holds = compile_flat(condition.node)
    try:
        return holds(view)
    except MultiValuedError:
        holds = condition.holds = compile_flat(condition.node, several=True)
        return holds(view)
