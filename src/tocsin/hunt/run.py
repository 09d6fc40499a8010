"""Rules over files: the files one after the other, or several at a time in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.core.clock import SECOND
from tocsin.core.event import Event
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import load_decoders
from tocsin.detect.correlation import Correlator, Linked
from tocsin.detect.index import RuleIndex
from tocsin.detect.rule import WatchRule
from tocsin.hunt.errors import HuntRefusedError, UnreadableError
from tocsin.hunt.inputs import Input
from tocsin.hunt.messages import Correlated, Faulty, Finished, Found, Message, Progressed
from tocsin.hunt.processes import in_processes
from tocsin.hunt.readers import Fault, Readers

_TOLD_EVERY = 2_000
"""Events between two words on progress."""

MAX_OCCURRENCES = 2_000_000
"""Matches kept for correlations until all files are read."""


@dataclass(frozen=True, slots=True)
class HuntOptions:
    """What a hunt looks at: the time of events, and how many files at once."""

    since: int | None = None
    until: int | None = None
    """Events without a time are always looked at."""
    jobs: int = 1
    decoders: Path | None = None
    """Folder of decoders for log lines; without it lines are searched as they are."""


class Hunt:
    """Rules and how to run them."""

    def __init__(
        self,
        rules: Sequence[WatchRule],
        correlations: Sequence[Linked] = (),
        options: HuntOptions = HuntOptions(),
    ) -> None:
        self.rules, self.left_out = _runnable(rules)
        """The rules that run, and those that need a running platform."""
        self.correlations = tuple(correlations)
        self.by_id = {rule.id: rule for rule in rules}
        self._options = options
        if not self.rules:
            names = ", ".join(rule.name for rule in self.left_out[:3])
            raise HuntRefusedError(
                "there is no rule to hunt with: hunting is about single events, and "
                f"{len(self.left_out)} rules watch the log over time ({names}); try them with tocsin backtest"
                if names
                else "there is no rule to hunt with"
            )

    def run(self, inputs: Sequence[Input]) -> Iterator[Message]:
        """Yield what is found as it is found; correlations come at the end, in order of time."""
        correlator = Correlator(self.correlations)
        kept: list[Found] = []
        for message in self._messages(inputs):
            if isinstance(message, Found):
                rule = self.rules[message.rule]
                if correlator.wants(rule.id):
                    kept.append(message)
                    if len(kept) > MAX_OCCURRENCES:
                        raise HuntRefusedError(
                            f"more than {MAX_OCCURRENCES} matches to correlate: narrow the time or the rules"
                        )
                if not rule.alerts:
                    continue
            yield message
        yield from self._correlated(correlator, kept)

    def _messages(self, inputs: Sequence[Input]) -> Iterator[Message]:
        jobs = min(self._options.jobs, len(inputs))
        if jobs > 1:
            return in_processes(self.worker, inputs, jobs)
        worker = self.worker()
        return (message for number, each in enumerate(inputs) for message in worker.hunt(number, each))

    def worker(self) -> Worker:
        """Return what hunts through files, for one process."""
        return Worker(self.rules, self._options)

    def _correlated(self, correlator: Correlator, kept: list[Found]) -> Iterator[Message]:
        kept.sort(key=lambda found: found.at)
        for number, found in enumerate(kept):
            event = Event("", number, found.at, found.at, found.message, found.fields)
            for each in correlator.feed(self.rules[found.rule].id, event, str(number)):
                yield Correlated(each, tuple(kept[int(reference)] for _, reference in each.events))
            for each in correlator.advance(found.at):
                yield Correlated(each, tuple(kept[int(reference)] for _, reference in each.events))
        for each in correlator.finish():
            yield Correlated(each, tuple(kept[int(reference)] for _, reference in each.events))


def _runnable(rules: Sequence[WatchRule]) -> tuple[tuple[WatchRule, ...], tuple[WatchRule, ...]]:
    """Return the rules that one event can match, and those that watch the log over time."""
    single: list[WatchRule] = []
    others: list[WatchRule] = []
    for rule in rules:
        if rule.correlation is not None:
            continue
        counts = rule.window is not None or (rule.watch is not None and rule.watch.kind.kind != "any")
        (others if counts else single).append(rule)
    return tuple(single), tuple(others)


class Worker:
    """Hunts through files, one after the other."""

    def __init__(self, rules: Sequence[WatchRule], options: HuntOptions) -> None:
        self._index = RuleIndex(rules)
        self._places = {id(rule): place for place, rule in enumerate(rules)}
        self._options = options
        self._readers = Readers(_analyst(options.decoders))

    def hunt(self, number: int, source: Input) -> Iterator[Message]:
        """Yield what one file holds; always ends with `Finished`."""
        events = faults = read = 0

        def told(at: int) -> None:
            nonlocal read
            read = at

        problem = ""
        failed: list[str] = []
        try:
            for event in self._readers.read(source, told, _modified_at(source)):
                if isinstance(event, Fault):
                    faults += 1
                    yield Faulty(number, event.record, event.reason)
                    continue
                events += 1
                if events % _TOLD_EVERY == 0:
                    yield Progressed(number, read, events)
                if self._is_wanted(event):
                    yield from self._found(number, event, failed)
        except UnreadableError as error:
            problem = error.message
        except OSError as error:
            problem = f"cannot be read: {error.strerror or error}"
        yield Finished(number, events, faults, problem, tuple(dict.fromkeys(failed)))

    def _is_wanted(self, event: Event) -> bool:
        since, until = self._options.since, self._options.until
        if not event.at or (since is None and until is None):
            return True
        return (since is None or event.at >= since) and (until is None or event.at < until)

    def _found(self, number: int, event: Event, failed: list[str]) -> Iterator[Message]:
        def fault(rule: WatchRule, _event: Event, error: Exception) -> None:
            failed.append(f"rule {rule.id} failed: {type(error).__name__}: {error}"[:300])

        for rule in self._index.matching(event, fault):
            place = self._places[id(rule)]
            yield Found(place, number, event.seq, event.at, event.fields, event.message)


def _modified_at(source: Input) -> int:
    try:
        return int(Path(source.path).stat().st_mtime * SECOND)
    except OSError:
        return 0


def _analyst(folder: Path | None) -> Analyst:
    paths = sorted(folder.glob("*.xml")) if folder is not None else []
    decoders, _problems = load_decoders(paths)
    return Analyst(decoders)
