"""The runs of all rules: fed with what their filters let through, moved on with time, kept in a database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tocsin.core.event import Event
from tocsin.detect.kinds import Hit
from tocsin.detect.rule import Watch, WatchRule
from tocsin.detect.runs.compat import CompatRun
from tocsin.detect.runs.document import Documents
from tocsin.detect.runs.exact import Changes, ExactRun
from tocsin.detect.runs.held import Fresh, HeldPieces, Holding
from tocsin.detect.runs.passing import PassingRun, remembers_nothing
from tocsin.detect.runs.past import Past
from tocsin.detect.tables import HeldRow, RunRow

TIMED_EVERY = 64
"""Of so many events handed to rules one is timed and stands for the others: asking the time costs as much."""

log = structlog.get_logger("tocsin.detect")


class Run(Protocol):
    """One rule at work."""

    dirty: bool
    """There is something to save."""

    @property
    def too_late(self) -> int:
        """Events that came too late to be looked at."""
        ...

    @property
    def held(self) -> int:
        """Events held in memory."""
        ...

    @property
    def span(self) -> int:
        """For how long an event is held, in microseconds."""
        ...

    @property
    def needs_time(self) -> bool:
        """Something happens when time passes and no event comes."""
        ...

    def add(self, hit: Hit, seen_at: int) -> None:
        """Hand in an event."""
        ...

    def let_pass(self, now: int, watermark: int) -> bool:
        """Move on where nothing can come of it; when this is False, `advance` is needed."""
        ...

    def advance(self, now: int, watermark: int) -> Changes:
        """Move on to `now` by the clock of collection and to `watermark` by that of events."""
        ...

    def learn(self, documents: Iterable[dict[str, object]]) -> None:
        """Take the values of documents as known."""
        ...

    def take_fresh(self) -> list[tuple[Hit, int]]:
        """Return the events held since this was last asked."""
        ...

    def take_gone(self) -> int | None:
        """Return up to which time held events were let go since this was last asked."""
        ...

    def dump(self) -> bytes:
        """Return the state beside the held events."""
        ...

    def restore(self, state: bytes, held: Iterable[tuple[Hit, int]], watermark: int) -> None:
        """Go on from a state."""
        ...


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """What a rule told and took back."""

    rule: WatchRule
    watch: Watch
    changes: Changes


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A run that has learnt the past up to where it begins."""

    version: str
    began: int
    run: Run


@dataclass(slots=True)
class _Running:
    """A run at work, and which of the events in the database it holds."""

    version: str
    run: Run
    holding: Holding


class RunBook:
    """The runs by rule. Not thread safe: the engine's thread owns it."""

    def __init__(self, past: Past | None = None) -> None:
        self._past = past or Past()
        self._documents = Documents()
        self._runs: dict[str, _Running] = {}
        self._pieces = HeldPieces()
        self._events: dict[str, Event] = {}
        """Those of the batch at hand that were handed to a rule."""
        self._keeps_events = True
        self._old: set[str] = set()
        """Rules with events held in rows of their own, as earlier versions wrote them."""
        self._loaded = False
        self._prepared: dict[str, _Prepared] = {}
        self._turn = 0
        self.cpu_ns: dict[str, int] = {}
        """Spent on each rule's run since the start."""
        self.broken: dict[str, str] = {}
        """Rules that failed and do not run until they are read again, with the error."""

    def forget(self) -> None:
        """Drop what is in memory; the next `load` reads the database."""
        self._runs.clear()
        self._events.clear()
        self._loaded = False

    def begin_empty(self) -> None:
        """Start without a database, to try rules out."""
        self._keeps_events = False
        self._loaded = True

    def load(self, tx: Session, rules: Mapping[str, WatchRule], watermark: int) -> None:
        """Read the state of every rule unless it is in memory; that of reworded rules is let go.

        A rule whose state cannot be read begins anew.
        """
        if self._loaded:
            return
        begun = self._begin_stored(tx, rules, watermark)
        held = self._held(tx, rules, begun)
        for row, running in begun:
            try:
                running.run.restore(row.state, held[row.rule_id], watermark)
            except Exception:  # supervised edge: state of another make must not stop detection
                log.exception("rule_state_unreadable", rule=row.rule_id)
                continue
            self._runs[row.rule_id] = running
        for table in (HeldRow, RunRow):
            tx.execute(delete(table).where(table.rule_id.not_in(list(self._runs))))
        self._pieces.drop(tx, self._needs)
        self._loaded = True

    def _begin_stored(
        self, tx: Session, rules: Mapping[str, WatchRule], watermark: int
    ) -> list[tuple[RunRow, _Running]]:
        """Return a run for every rule that has a state and is worded as it was."""
        begun = []
        for row in tx.scalars(select(RunRow)).all():
            rule = rules.get(row.rule_id)
            if rule is None or rule.watch is None or rule.version != row.version:
                continue
            holding = Holding(row.held_from, row.gone_at, row.gone_piece)
            run = self._make(rule, rule.watch, watermark)
            begun.append((row, _Running(rule.version, run, holding)))
        return begun

    def _held(
        self, tx: Session, rules: Mapping[str, WatchRule], begun: Iterable[tuple[RunRow, _Running]]
    ) -> dict[str, list[tuple[Hit, int]]]:
        """Return what each rule holds, in the order of its coming."""
        holdings = {row.rule_id: running.holding for row, running in begun}
        held: dict[str, list[tuple[Hit, int]]] = {rule_id: [] for rule_id in holdings}
        for old in tx.scalars(select(HeldRow)):
            if old.rule_id in held:
                held[old.rule_id].append(_old_hit(old))
        self._old = {rule_id for rule_id, hits in held.items() if hits}
        for number, piece in self._pieces.read(tx):
            for kept in piece.events:
                event = kept.event()
                for rule_id in (piece.rules[place] for place in kept.rules):
                    watch = rules[rule_id].watch if rule_id in holdings else None
                    if watch is not None and holdings[rule_id].has(number, event.at):
                        held[rule_id].append((self._documents.hit(watch, event), event.received_at))
        return held

    def _needs(self, rule_id: str, piece: int, newest_at: int) -> bool:
        """Say whether a rule may hold an event of a piece."""
        running = self._runs.get(rule_id)
        return running is not None and running.holding.has(piece, newest_at)

    def _make(self, rule: WatchRule, watch: Watch, began: int) -> Run:
        if watch.mode == "compat":
            return CompatRun(rule.name, watch.kind, watch.poll, began)
        if remembers_nothing(watch.kind, watch.poll):
            return PassingRun(watch.kind, watch.poll)
        return ExactRun(watch.kind, watch.poll, began)

    def stored(self, tx: Session) -> dict[str, str]:
        """Return the version of every rule whose state `load` would read."""
        if self._loaded:
            return {}
        return {row.rule_id: row.version for row in tx.execute(select(RunRow.rule_id, RunRow.version))}

    def prepare(self, rules: Iterable[WatchRule], stored: Mapping[str, str], began: int) -> None:
        """Let rules that `use` would begin learn the past before it: that may take longer than a transaction.

        `stored` are the versions of those that go on with a state.
        """
        for rule in rules:
            if rule.watch is None or not rule.watch.kind.learns:
                continue
            running = self._runs.get(rule.id)
            version = running.version if running is not None else stored.get(rule.id)
            if version != rule.version and self._ready(rule, began) is None:
                run = self._begun(rule, rule.watch, began)
                self._prepared[rule.id] = _Prepared(rule.version, began, run)

    def _ready(self, rule: WatchRule, began: int) -> Run | None:
        found = self._prepared.get(rule.id)
        return found.run if found and (found.version, found.began) == (rule.version, began) else None

    def _begun(self, rule: WatchRule, watch: Watch, began: int) -> Run:
        run = self._make(rule, watch, began)
        if watch.kind.learns:
            run.learn(self._past.documents(rule, began))
        return run

    def use(self, tx: Session | None, rules: Iterable[WatchRule], began: int) -> None:
        """Run these rules from `began` on, and drop the runs and the state of all others."""
        wanted = {rule.id: rule for rule in rules if rule.watch is not None}
        for rule_id, running in list(self._runs.items()):
            if rule_id not in wanted or wanted[rule_id].version != running.version:
                del self._runs[rule_id]
                if tx is not None:
                    tx.execute(delete(HeldRow).where(HeldRow.rule_id == rule_id))
                    tx.execute(delete(RunRow).where(RunRow.rule_id == rule_id))
        for rule in wanted.values():
            self.broken.pop(rule.id, None)
            if rule.watch is not None and rule.id not in self._runs:
                run = self._ready(rule, began) or self._begun(rule, rule.watch, began)
                self._runs[rule.id] = _Running(rule.version, run, Holding(self._pieces.last + 1))
        self._prepared.clear()

    def add(self, rule: WatchRule, watch: Watch, event: Event) -> None:
        """Hand an event to a rule whose filter it satisfies."""
        found = self._runs.get(rule.id)
        if found is None:
            return
        self._turn = (self._turn + 1) % TIMED_EVERY
        began = 0 if self._turn else time.thread_time_ns()
        try:
            hit = self._documents.hit(watch, event)
            found.run.add(hit, event.received_at)
            if self._keeps_events:
                self._events[hit.id] = event
        except Exception as error:  # noqa: BLE001 - supervised edge: one rule's fault must not stop the others
            self._break(rule.id, error)
        if began:
            self._spent(rule.id, began, TIMED_EVERY)

    def advance(self, rules: Mapping[str, WatchRule], now: int, watermark: int) -> list[RuleChanges]:
        """Move every run on, and return what was told and taken back."""
        found = []
        for rule_id, running in list(self._runs.items()):
            run = running.run
            if run.let_pass(now, watermark):
                continue
            rule = rules[rule_id]
            began = time.thread_time_ns()
            try:
                changes = run.advance(now, watermark)
            except Exception as error:  # noqa: BLE001 - supervised edge: one rule's fault must not stop the others
                self._break(rule_id, error)
                continue
            self._spent(rule_id, began)
            if rule.watch is not None and (changes.told or changes.withdrawn):
                found.append(RuleChanges(rule, rule.watch, changes))
        return found

    def _break(self, rule_id: str, error: Exception) -> None:
        del self._runs[rule_id]
        self.broken[rule_id] = f"{type(error).__name__}: {error}"
        log.error("rule_run_failed", rule=rule_id, exc_info=error)

    def _spent(self, rule_id: str, began: int, times: int = 1) -> None:
        spent = (time.thread_time_ns() - began) * times
        self.cpu_ns[rule_id] = self.cpu_ns.get(rule_id, 0) + spent

    def figures(self, rule_id: str) -> tuple[int, int]:
        """Return how many events a rule holds, and how many came too late for it."""
        found = self._runs.get(rule_id)
        return (found.run.held, found.run.too_late) if found else (0, 0)

    @property
    def needs_time(self) -> bool:
        """A rule waits for time to pass."""
        return any(running.run.needs_time for running in self._runs.values())

    def save(self, tx: Session, at: int) -> None:
        """Write what changed: of all rules at once, since each statement costs more than its rows."""
        fresh = [
            Fresh(rule_id, running.run.span, [hit.id for hit, _ in hits])
            for rule_id, running in self._runs.items()
            if (hits := running.run.take_fresh())
        ]
        self._pieces.write(tx, fresh, self._events)
        self._events.clear()
        gone = self._take_gone(tx)
        if gone:
            self._pieces.drop(tx, self._needs)
        changed = [
            (rule_id, running)
            for rule_id, running in self._runs.items()
            if running.run.dirty or rule_id in gone
        ]
        if changed:
            tx.execute(delete(RunRow).where(RunRow.rule_id.in_([rule_id for rule_id, _ in changed])))
            tx.execute(insert(RunRow), [_run_row(*each, at) for each in changed])
        for _, running in changed:
            running.run.dirty = False

    def _take_gone(self, tx: Session) -> set[str]:
        """Note up to where rules let go of what they held; return which did."""
        gone = set()
        for rule_id, running in self._runs.items():
            until = running.run.take_gone()
            if until is None:
                continue
            gone.add(rule_id)
            running.holding.let_go(until, self._pieces.last)
            if rule_id in self._old:
                tx.execute(delete(HeldRow).where(HeldRow.rule_id == rule_id, HeldRow.at <= until))
        return gone


def _run_row(rule_id: str, running: _Running, at: int) -> dict[str, object]:
    return {
        "rule_id": rule_id,
        "version": running.version,
        "state": running.run.dump(),
        "updated_at": at,
        "held_from": running.holding.first,
        "gone_at": running.holding.gone_at,
        "gone_piece": running.holding.gone_piece,
    }


def _old_hit(row: HeldRow) -> tuple[Hit, int]:
    return Hit(row.at, row.event_id, msgspec.msgpack.decode(row.document)), row.seen_at
