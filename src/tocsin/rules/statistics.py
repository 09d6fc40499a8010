"""How often each rule is the verdict and what it costs, kept across restarts.

Hits are counted exactly, as events are settled. Cost is measured on a sample: about one event a second
is walked once more beside the pipeline, condition by condition, with the thread's CPU clock read around
each rule. That is the cost of trying the rule, which the index spares most events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from tocsin.core.clock import SECOND, Clock
from tocsin.core.errors import ContentError, Location
from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.decode.subject import Subject
from tocsin.rules.model import Rule
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.writing import write_whole

_SAMPLE_EVERY = SECOND
_MAX_DEPTH = 64

_log = structlog.get_logger(__name__)


class RuleFigures(msgspec.Struct, frozen=True, omit_defaults=True):
    """Figures of one rule since they were first kept."""

    hits: int = 0
    alerts: int = 0
    """Hits of a level at which an event alone opens an alert."""
    last_hit_at: int | None = None
    """By the events' own time, in microseconds."""
    tries: int = 0
    """How often its conditions were measured."""
    cost_ns: int = 0
    """CPU time of those tries."""

    @property
    def mean_ns(self) -> int:
        """CPU time of one try; 0 when none was measured."""
        return self.cost_ns // self.tries if self.tries else 0


_NONE = RuleFigures()


class RuleStatistics:
    """Counts and measures. Thread safe."""

    def __init__(self, path: Path, clock: Clock, *, alert_level: int) -> None:
        """`path` is the file they are kept in; it need not exist."""
        self._path = path
        self._clock = clock
        self._alert_level = alert_level
        self._lock = threading.Lock()
        self._figures: dict[int, RuleFigures] = {}
        self._fresh: dict[object, list[int]] = {}
        """Hits, alerts and newest hit since they were last added to the figures, by id as text."""
        self._changed = False
        self._sample: Record | None = None
        self._next_sample_at = 0

    def restore(self) -> None:
        """Read what was kept. A damaged file is logged and set aside, and counting begins anew."""
        try:
            figures = kept_figures(self._path)
        except ContentError as error:
            _log.warning("rule_figures_damaged", error=str(error))
            with suppress(OSError):
                self._path.replace(self._path.with_suffix(".damaged"))
            return
        with self._lock:
            self._figures = figures

    def counted(self, events: Sequence[Event]) -> None:
        """Count the verdicts of settled events."""
        fresh, alert_level = self._fresh, self._alert_level
        with self._lock:
            for event in events:
                rule_id = event.fields.get("rule.id")
                if rule_id is None:
                    continue
                entry = fresh.get(rule_id)
                if entry is None:
                    entry = fresh[rule_id] = [0, 0, 0]
                entry[0] += 1
                entry[1] += event.fields["rule.level"] >= alert_level  # type: ignore[operator]  # an integer
                entry[2] = max(entry[2], event.at)

    def _take_fresh(self) -> None:
        """Add what was counted to the figures; the lock is held."""
        for text, (hits, alerts, newest) in self._fresh.items():
            rule_id = int(text)  # type: ignore[call-overload]  # a verdict's id is digits
            known = self._figures.get(rule_id, _NONE)
            self._figures[rule_id] = msgspec.structs.replace(
                known,
                hits=known.hits + hits,
                alerts=known.alerts + alerts,
                last_hit_at=max(known.last_hit_at or 0, newest),
            )
            self._changed = True
        self._fresh.clear()

    def offer(self, records: Sequence[Record]) -> None:
        """Take one of the records to measure with, if it is time for that; costs next to nothing."""
        if records and self._sample is None and self._clock.now() >= self._next_sample_at:
            self._next_sample_at = self._clock.now() + _SAMPLE_EVERY
            self._sample = records[len(records) // 2]

    def measure(self, ruleset: Ruleset) -> None:
        """Walk the record that was taken, if there is one, and note what each rule cost."""
        record, self._sample = self._sample, None
        if record is None:
            return
        subject, _ = ruleset.examine(record)
        costs = measured(ruleset.tree.roots[subject.category], subject)
        with self._lock:
            for rule_id, spent in costs:
                known = self._figures.get(rule_id, _NONE)
                self._figures[rule_id] = msgspec.structs.replace(
                    known, tries=known.tries + 1, cost_ns=known.cost_ns + spent
                )
                self._changed = True

    def figures(self) -> dict[int, RuleFigures]:
        """Return the figures of every rule that has any."""
        with self._lock:
            self._take_fresh()
            return dict(self._figures)

    def keep(self) -> None:
        """Write the figures if they have changed; raises `OSError`, and then they stay to be written."""
        with self._lock:
            self._take_fresh()
            changed, figures = self._changed, dict(self._figures)
        if changed:
            write_whole(self._path, msgspec.json.encode(figures))
            self._changed = False


def kept_figures(path: Path) -> dict[int, RuleFigures]:
    """Return the figures as they were last kept; none without the file. Raises `ContentError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[int, RuleFigures])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise ContentError(f"cannot be read: {error}", location=Location(str(path))) from error


def measured(
    root: Rule, subject: Subject, clock: Callable[[], int] = time.thread_time_ns
) -> list[tuple[int, int]]:
    """Return the rules a plain walk tries, in order, each with the nanoseconds its conditions took."""
    costs: list[tuple[int, int]] = []

    def walk(rules: Sequence[Rule], depth: int) -> bool:
        for rule in rules:
            if rule.decoded_as is not None and rule.decoded_as != subject.decoder:
                continue
            before = clock()
            holds = all(test(subject) for test in rule.tests)
            costs.append((rule.id, clock() - before))
            if not holds or depth > _MAX_DEPTH:
                continue
            if walk(rule.children, depth + 1) or not (rule.guarded or rule.noalert):
                return True
        return False

    walk(root.children if not root.id else (root,), 0)
    return costs
