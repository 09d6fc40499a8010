"""Run rules over events that are at hand, by the same code that follows the log.

The clock is that of the events: when they were collected, and when they happened. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tocsin.core.detection import Detection
from tocsin.core.event import Event
from tocsin.detect.correlating import Correlating
from tocsin.detect.correlation import Linked
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.match import Matches
from tocsin.detect.ports import History
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.runs.book import RunBook
from tocsin.detect.runs.past import Past, no_history
from tocsin.detect.telling import detection_of, withdrawn
from tocsin.detect.window import WindowState

BATCH = 5_000
"""Events taken at once; what a rule says does not depend on it."""


class Backtest:
    """Rules tried on events in the order of their arrival."""

    def __init__(
        self,
        rules: Iterable[WatchRule],
        *,
        history: History = no_history,
        correlations: Iterable[Linked] = (),
        exceptions: Exceptions | None = None,
    ) -> None:
        """`correlations` are those among the rules; `exceptions` are minded and counted, and never saved."""
        self._rules = RuleSet(rules, correlations=correlations)
        self._exceptions = exceptions or Exceptions()
        self._correlating = Correlating("backtest")
        self._correlating.begin_empty(self._rules)
        self._runs = RunBook(Past(history))
        self._runs.begin_empty()
        self._windows = WindowState()
        self._windows.begin_empty()
        self._seen = 0
        self._watermark = 0
        self.matched = 0
        """Events that satisfied a rule's condition and no exception, once for each rule."""
        self.withdrawn: list[Detection] = []
        """What late events took back."""

    def run(
        self, events: Iterable[Event], *, until: int | None = None, batch: int = BATCH
    ) -> list[Detection]:
        """Take all events; at the end let time come to `until`, for what depends on silence."""
        found: list[Detection] = []
        for part in _batches(events, batch):
            found += self.take(part)
        if until is not None:
            found += self.move(until)
        return found

    def take(self, events: Sequence[Event]) -> list[Detection]:
        """Take a batch of events and return what the rules say."""
        times = [min(event.at, event.received_at) for event in events]
        self._begin(self._watermark or min(times))
        matches = Matches(self._windows, self._rules.explanations)
        every = [(rule, event) for event in events for rule in self._rules.index.matching(event)]
        matched = self._exceptions.sieve(every)
        self.matched += len(matched)
        for rule, event in matched:
            if rule.id in self._rules.silent:
                continue
            if rule.watch is not None:
                self._runs.add(rule, rule.watch, event)
            else:
                matches.add(rule, event)
        self._seen = max(self._seen, *(event.received_at for event in events))
        self._watermark = max(self._watermark, *times)
        return matches.detections() + self._advance(matched)

    def move(self, until: int) -> list[Detection]:
        """Let time pass without an event."""
        self._begin(until)
        self._seen, self._watermark = max(self._seen, until), max(self._watermark, until)
        return self._advance([])

    @property
    def held_back(self) -> int:
        """Matches that exceptions held back."""
        return sum(hits.count for hits in self._exceptions.hits.values())

    @property
    def broken(self) -> dict[str, str]:
        """Rules that failed on an event and stood still from there, with the error."""
        return self._runs.broken

    def _begin(self, began: int) -> None:
        self._runs.use(None, self._rules.running, began)

    def _advance(self, matched: list[tuple[WatchRule, Event]]) -> list[Detection]:
        found = self._correlating.feed(self._rules, matched, self._watermark)
        for each in self._runs.advance(self._rules.by_id, self._seen, self._watermark):
            explanation = self._rules.explanations[each.rule.id]
            self.withdrawn += [
                withdrawn(each.rule, each.watch, telling) for telling in each.changes.withdrawn
            ]
            found += [
                detection_of(each.rule, each.watch, telling, explanation) for telling in each.changes.told
            ]
        return found


def _batches(events: Iterable[Event], size: int) -> Iterator[list[Event]]:
    source = iter(events)
    while part := list(islice(source, size)):
        yield part
