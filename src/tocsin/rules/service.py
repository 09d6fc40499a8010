"""The rules of analysis in a running platform: which are in force, and how others take their place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
import structlog

from tocsin.core.actor import SYSTEM, Actor, AuditTrail
from tocsin.core.clock import MILLISECOND, Clock
from tocsin.core.database import Database
from tocsin.core.errors import ContentError, Location, Problem
from tocsin.core.event import Classified, Event
from tocsin.core.record import Kind, Record
from tocsin.rules.catalogue import Catalogue
from tocsin.rules.dead import DeadRule, dead_rules, unseen
from tocsin.rules.explain import Explainer, Explanation
from tocsin.rules.factory import RulesetFactory, stamp_of
from tocsin.rules.model import Rule
from tocsin.rules.options import RulesetOptions
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.sources import Differences, content_files, differences, fingerprints
from tocsin.rules.statistics import RuleStatistics
from tocsin.rules.store import Provenance
from tocsin.rules.switchbook import Switch, SwitchBook
from tocsin.rules.switches import Switches, SwitchKind

Cause = Literal["asked", "signal", "change"]
_MOST_NAMED = 200
"""So many rule ids of each kind stand in the audit trail."""
_KEEP_EVERY_S = 10
_MOST_TRIES = 3

_log = structlog.get_logger(__name__)


class Carrier(Protocol):
    """What carries records through analysis and can change the rules between two batches."""

    def use(self, factory: RulesetFactory, take_over: Callable[[], None]) -> None:
        """Classify by the factory's ruleset from the next batch on; `take_over` runs at that moment."""
        ...


class Memory(Protocol):
    """What remembers earlier events and gives final verdicts; called by one thread at a time."""

    def settle(self, batch: Sequence[Classified]) -> list[Event]:
        """Return the events with their final verdicts, in the order given."""
        ...

    def use(self, ruleset: Ruleset) -> None:
        """Go on with another ruleset and all that is remembered."""
        ...

    def close(self) -> None:
        """Keep what is remembered."""
        ...


@dataclass(frozen=True, slots=True)
class Edition:
    """A ruleset in force, and what it was made of."""

    factory: RulesetFactory
    ruleset: Ruleset
    files: tuple[Path, ...]
    wording: dict[int, str]
    """A hash of each rule's text, to tell later what changed."""
    loaded_at: int

    @property
    def switches(self) -> Switches:
        """What was switched off when it was loaded."""
        return self.factory.options.off


class Reloaded(msgspec.Struct, frozen=True):
    """What came of a reload. A set with more problems than the one before is in force all the same."""

    at: int
    cause: Cause
    duration_ms: int
    rules: int
    rules_before: int
    problems: int
    problems_before: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def is_worse(self) -> bool:
        """Whether more was refused than before."""
        return self.problems > self.problems_before


@dataclass(frozen=True, slots=True)
class Content:
    """Where rules come from."""

    folders: Callable[[], Sequence[Path]]
    """The folders as they are now: one may have been imported since the last time."""
    switches: SwitchBook
    options: RulesetOptions = RulesetOptions()  # noqa: RUF009  # frozen
    provenance: Callable[[str], Provenance | None] = lambda _path: None
    """Tells of a file where it was imported from."""
    memory_size: int | None = None
    """How many earlier events rules remember at most; None: no such bound."""


class AnalysisRules:
    """Loads, reloads, watches. Thread safe; `settle` is called by one thread."""

    def __init__(
        self,
        content: Content,
        statistics: RuleStatistics,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        *,
        memory: Callable[[Ruleset], Memory],
    ) -> None:
        """Load the content. What is refused of it stands in `problems`; this raises for nothing of it."""
        self._content = content
        self.statistics = statistics
        self._database = database
        self._clock = clock
        self._audit = audit
        self._carrier: Carrier | None = None
        self._reloading = threading.Lock()
        self._asking = threading.Lock()
        self._explainer: tuple[Edition, Explainer] | None = None
        self._dead: tuple[Edition, list[DeadRule]] | None = None
        self._wake = threading.Event()
        self._signalled = False
        self._switch_problem: tuple[Problem, ...] = ()
        self._edition = self._read(self._first_switches())
        self._memory = memory(self._edition.ruleset)

    @property
    def edition(self) -> Edition:
        """The ruleset in force."""
        return self._edition

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was refused of the content in force."""
        return (*self._switch_problem, *self._edition.ruleset.problems)

    def catalogue(self) -> Catalogue:
        """Return the rules in force to look at, with their figures as they are now."""
        edition = self._edition
        return Catalogue(
            edition.ruleset,
            edition.files,
            edition.switches,
            self.statistics.figures(),
            self._content.provenance,
        )

    def explain(
        self, lines: Sequence[str], *, location: str = "stdin", kind: Kind = "line"
    ) -> list[Explanation]:
        """Return the way of each line through the rules in force, in a session of their own.

        What the platform remembers of real events is neither asked nor changed.
        """
        with self._asking:
            edition = self._edition
            if self._explainer is None or self._explainer[0] is not edition:
                folders = edition.factory.folders
                self._explainer = edition, Explainer(edition.ruleset, folders, edition.files)
            explainer = self._explainer[1]
            explainer.forget()
            now = self._clock.now()
            return [explainer.explain(line, at=now, location=location, kind=kind) for line in lines]

    def dead(self) -> list[DeadRule]:
        """Return the rules in force that can never be a verdict; worked out once for each edition."""
        with self._asking:
            edition = self._edition
            if self._dead is None or self._dead[0] is not edition:
                options = edition.factory.options
                size = self._content.memory_size
                found = dead_rules(edition.ruleset, edition.factory.folders, options, memory_size=size)
                self._dead = edition, found
            return self._dead[1]

    def unseen(self, days: int) -> list[tuple[Rule, int | None]]:
        """Return the rules that were no verdict for so many days, each with its last hit."""
        rules = list(self._edition.ruleset.tree.rules.values())
        return unseen(rules, self.statistics.figures(), self._clock.now(), days)

    def switches(self) -> list[Switch]:
        """Return every switch that was turned; raises `ContentError` when the file is damaged."""
        return self._content.switches.all()

    def settle(self, batch: list[Classified]) -> list[Event]:
        """Give each event its final verdict and count it."""
        events = self._memory.settle(batch)
        self.statistics.counted(events)
        return events

    def offer(self, records: Sequence[Record]) -> None:
        """Let the cost of rules be measured on one of the records now and then."""
        self.statistics.offer(records)

    def attach(self, carrier: Carrier) -> None:
        """Say who carries records, so that a reload reaches every worker."""
        self._carrier = carrier

    def reload(self, actor: Actor = SYSTEM, cause: Cause = "asked") -> Reloaded:
        """Read the content again and put it in force between two batches.

        No event is lost, and what rules remember of earlier events stays. Raises `ContentError` when
        the switches cannot be read; then what is in force stays so.
        """
        with self._reloading:
            began = self._clock.now()
            before, after = self._edition, self._read(self._content.switches.switches())
            self._switch_problem = ()
            if self._carrier is None:
                self._take(after)
            else:
                self._carrier.use(after.factory, lambda: self._take(after))
            report = _report(before, after, cause, (self._clock.now() - began) // MILLISECOND, began)
            self._record(report, actor)
            return report

    def turn(self, kind: SwitchKind, subject: str, *, enabled: bool, actor: Actor) -> None:
        """Keep that a rule, file or group is on or off; in force after the next reload.

        Raises `InvalidError` for a malformed name, and `NotFoundError` for a rule that is not there.
        """
        if kind == "rule":
            self.catalogue().find(subject)
        with self._database.write() as tx:
            details = {"enabled": [None, enabled], "kind": kind}
            action = "enable" if enabled else "disable"
            self._audit.record(tx, actor, action, kind="rule", subject=subject, details=details)
            self._content.switches.turn(Switch(kind, subject, enabled, str(actor), self._clock.now()))

    def ask(self) -> None:
        """Have `run` reload soon; may be called from a signal handler."""
        self._signalled = True
        self._wake.set()

    def run(self, stop: threading.Event, watch_s: float) -> None:
        """Until `stop` is set: reload when asked, or when content has changed and is at rest again.

        `watch_s` is how often to look for changes; 0 never looks. Measures and keeps figures as well.
        """
        looking = _Looking(watch_s)
        kept_at = self._clock.now()
        while not stop.is_set():
            self._wake.wait(1.0)
            self._wake.clear()
            self._turn_of(looking)
            if self._clock.now() - kept_at >= _KEEP_EVERY_S * 1_000 * MILLISECOND:
                kept_at = self._clock.now()
                self.keep()

    def keep(self) -> None:
        """Write the figures; a failure is logged and tried again the next time."""
        try:
            self.statistics.keep()
        except OSError as error:
            _log.warning("rule_figures_not_kept", error=str(error))

    def close(self) -> None:
        """Keep the figures and what rules remember; call it once no event comes any more."""
        self.keep()
        self._memory.close()

    def wake(self) -> None:
        """Have `run` look at once whether it shall stop."""
        self._wake.set()

    def _turn_of(self, looking: _Looking) -> None:
        try:
            if self._signalled:
                self._signalled = False
                self.reload(cause="signal")
            elif looking.is_due(self._clock.now()) and looking.settled(self._now_on_disk(), self._in_force()):
                self.reload(cause="change")
            self.statistics.measure(self._edition.ruleset)
        except Exception as error:  # noqa: BLE001  # a supervised edge: what is in force stays so
            _log.warning("rules_watch_failed", error=repr(error))

    def _now_on_disk(self) -> tuple[str, Switches]:
        return stamp_of(self._folders()), self._content.switches.switches()

    def _in_force(self) -> tuple[str, Switches]:
        return self._edition.factory.stamp, self._edition.switches

    def _folders(self) -> tuple[Path, ...]:
        return tuple(self._content.folders())

    def _first_switches(self) -> Switches:
        """Return the switches to start with: none when they cannot be read, which is a problem."""
        try:
            return self._content.switches.switches()
        except ContentError as error:
            place = error.location or Location("switches")
            reason = f"{error.message}; what was switched off is on until it can be read"
            self._switch_problem = (Problem(place, reason),)
            return Switches()

    def _read(self, off: Switches) -> Edition:
        """Load what is on disk; once more when it changed in the meantime."""
        for _ in range(_MOST_TRIES):
            folders = self._folders()
            factory = RulesetFactory(folders, replace(self._content.options, off=off))
            ruleset, files = factory(), content_files(folders, "rules", self._content.options.left_out)
            if stamp_of(folders) == factory.stamp:
                break
        return Edition(factory, ruleset, files, fingerprints(files), self._clock.now())

    def _take(self, edition: Edition) -> None:
        self._edition = edition
        self._memory.use(edition.ruleset)

    def _record(self, report: Reloaded, actor: Actor) -> None:
        details: dict[str, Any] = {
            "cause": report.cause,
            "duration_ms": report.duration_ms,
            "rules": [report.rules_before, report.rules],
            "problems": [report.problems_before, report.problems],
            "added": list(report.added[:_MOST_NAMED]),
            "changed": list(report.changed[:_MOST_NAMED]),
            "removed": list(report.removed[:_MOST_NAMED]),
        }
        _log.info("rules_reloaded", **details)
        if report.is_worse:
            _log.warning("rules_reloaded_with_more_problems", problems=details["problems"])
        with self._database.write() as tx:
            self._audit.record(tx, actor, "reload", kind="ruleset", subject="analysis", details=details)


class _Looking:
    """When to look for changes, and whether what was seen has come to rest."""

    def __init__(self, every_s: float) -> None:
        self._every = int(every_s * 1_000) * MILLISECOND
        self._next = 0
        self._seen: tuple[str, Switches] | None = None

    def is_due(self, now: int) -> bool:
        if not self._every or now < self._next:
            return False
        self._next = now + self._every
        return True

    def settled(self, found: tuple[str, Switches], in_force: tuple[str, Switches]) -> bool:
        """Whether this differs from what is in force and was the same at the last look."""
        before, self._seen = self._seen, found
        return found != in_force and found == before


def _report(before: Edition, after: Edition, cause: Cause, duration_ms: int, at: int) -> Reloaded:
    what: Differences = differences(before.wording, after.wording)
    return Reloaded(
        at=at,
        cause=cause,
        duration_ms=duration_ms,
        rules=len(after.ruleset.tree.rules),
        rules_before=len(before.ruleset.tree.rules),
        problems=len(after.ruleset.problems),
        problems_before=len(before.ruleset.problems),
        added=tuple(map(str, what.added)),
        changed=tuple(map(str, what.changed)),
        removed=tuple(map(str, what.removed)),
    )
