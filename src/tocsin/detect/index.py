"""Find the rules an event matches without trying them all.

An event's kind says which rules are about it (`route`); for a kind, witnesses are looked up in the
event's fields (`witness`, `lookup`, `scan`), and only rules with a witness are evaluated, by a compiled
function (`flat`). Once a kind has been seen often enough, its witnesses are chosen anew by how often they
were true, and searched for with the fastest scanner. The result is exactly what trying every rule gives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
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

TIMED_EVERY = 16
"""Of so many events one is timed."""

OnFault = Callable[[WatchRule, Event, Exception], None]


def _raise(_rule: WatchRule, _event: Event, error: Exception) -> None:
    raise error


@dataclass(slots=True)
class _Bucket:
    """The rules for one kind of events."""

    left: dict[int, Node]
    lookup: Lookup
    sample: Sample | None
    compiled: dict[int, Flat] = field(default_factory=dict)


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
        self._evaluations: dict[int, int] = {}
        self._ns: dict[int, int] = {}
        self._turn = 0
        self._router = Router(self.rules)
        self._sampled = sampled
        self._buckets: dict[tuple[tuple[int, int], ...], _Bucket] = {}
        self._kinds = 0
        self._memory = Memory()
        self._guessed: dict[int, Witness] = {}
        self._lock = threading.Lock()  # scanners keep what they found last

    def candidates(self, event: Event) -> list[WatchRule]:
        """Return every rule that can match the event, in the rules' own order."""
        with self._lock:
            kind, view = self._kind(event)
            found = kind.place(self._memory).of(view)
        return [self.rules[place] for place in sorted(found)]

    def matching(self, event: Event, on_fault: OnFault = _raise) -> list[WatchRule]:
        """Return the rules that the event matches, in the rules' own order.

        A rule whose evaluation fails is told to `on_fault` and does not match.
        """
        with self._lock:
            kind, view = self._kind(event)
            found, bucket = kind.place(self._memory).of(view), kind.bucket
            if bucket.sample is not None:
                self._learn(bucket, view)
            return self._held(bucket, view, sorted(found), on_fault) if found else []

    def _held(self, bucket: _Bucket, view: View, places: list[int], on_fault: OnFault) -> list[WatchRule]:
        self._turn = (self._turn + 1) % TIMED_EVERY
        if not self._turn:
            return [self.rules[place] for place in places if self._timed(bucket, place, view, on_fault)]
        compiled, evaluations = bucket.compiled, self._evaluations
        held = []
        for place in places:
            evaluations[place] = evaluations.get(place, 0) + 1
            holds = compiled.get(place)
            try:
                if holds(view) if holds is not None else self._holds(bucket, place, view, on_fault):
                    held.append(self.rules[place])
            except Exception:  # noqa: BLE001 - asked again with care, where a fault is told
                if self._holds(bucket, place, view, on_fault):
                    held.append(self.rules[place])
        return held

    def _timed(self, bucket: _Bucket, place: int, view: View, on_fault: OnFault) -> bool:
        self._evaluations[place] = self._evaluations.get(place, 0) + 1
        began = perf_counter_ns()
        try:
            return self._holds(bucket, place, view, on_fault)
        finally:
            spent = perf_counter_ns() - began
            self._ns[place] = self._ns.get(place, 0) + spent * TIMED_EVERY

    def spent(self) -> list[tuple[WatchRule, int, int]]:
        """Return the rules evaluated since the last call: how often, and for how many nanoseconds.

        The time is taken at every 16th event and stands for the others.
        """
        with self._lock:
            evaluations, self._evaluations = self._evaluations, {}
            ns, self._ns = self._ns, {}
        return [(self.rules[place], times, ns.get(place, 0)) for place, times in evaluations.items()]

    def _holds(self, bucket: _Bucket, place: int, view: View, on_fault: OnFault) -> bool:
        try:
            return self._asked(bucket, place, view)
        except Exception as error:  # noqa: BLE001 - supervised edge: one rule's fault must not stop others
            on_fault(self.rules[place], view.event, error)
            return False

    def _asked(self, bucket: _Bucket, place: int, view: View) -> bool:
        """Evaluate a rule; one that met a field of several values is compiled for those from then on."""
        holds = bucket.compiled.get(place)
        if holds is None:
            holds = bucket.compiled[place] = compile_flat(bucket.left[place])
        try:
            return holds(view)
        except MultiValuedError:
            holds = bucket.compiled[place] = compile_flat(bucket.left[place], several=True)
            return holds(view)

    def _kind(self, event: Event) -> tuple[_Kind, View]:
        shape = self._router.shape(event.fields)
        classes = self._router.kind(shape, event)
        kind: Any = shape.kinds.get(classes)
        if kind is None:
            kind = shape.kinds[classes] = _Kind(self._bucket_for(shape, classes), shape.names)
        return kind, View(event, shape.plans)

    def _bucket_for(self, shape: Shape, kind: tuple[frozenset[Leaf], ...]) -> _Bucket:
        remainders = self._router.remainders(shape, kind)
        signature = tuple((place, id(node)) for place, node in remainders)
        self._kinds += 1
        if self._kinds > MAX_KINDS:
            self._router.forget()
            self._buckets.clear()
            self._guessed.clear()
            self._memory.forget()
            self._kinds = 0
        bucket = self._buckets.get(signature)
        if bucket is None:
            left = dict(remainders)
            sample = (
                Sample(partial(atoms_of, left.values()), self._sampled) if self._sampled and left else None
            )
            bucket = _Bucket(
                left, lookup_of({place: self._guess(node) for place, node in remainders}, {}), sample
            )
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
            chosen = {place: witness_of(node, frequency) for place, node in bucket.left.items()}
            bucket.lookup = lookup_of(chosen, sample.lengths())
            bucket.sample = sample.next()
