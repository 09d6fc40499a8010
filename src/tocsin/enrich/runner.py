"""Run analyzers side by side, each within its time, whatever they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from tocsin.core.errors import TocsinError
from tocsin.enrich.base import AnalysisError, Analyzer, Context, Observable, Report

_GRACE_S = 1.0
"""What an analyzer that keeps its own time gets to say so, before the runner gives it up."""

Outcome = Report | str
"""A report, or why there is none."""


def refusal(analyzer: Analyzer, observable: Observable) -> str | None:
    """Return why an analyzer must not even start on an observable, or None: the TLP and PAP gate."""
    about = analyzer.about
    if observable.kind not in about.kinds:
        return f"{about.name} does not analyze observables of kind {observable.kind}"
    if observable.tlp > about.max_tlp:
        return f"TLP {observable.tlp} is higher than {about.max_tlp}, the highest that {about.name} may see"
    if observable.pap > about.max_pap:
        return f"PAP {observable.pap} is higher than {about.max_pap}, the highest that {about.name} may see"
    return None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One analyzer to run on one observable, and whom to tell."""

    analyzer: Analyzer
    observable: Observable


class Runner:
    """Runs assignments in threads of its own, at most `width` at a time. Thread safe.

    A thread cannot be killed: one past its time is left to end by itself and its result is dropped. While it
    lives it keeps its place, so that a stuck analyzer cannot eat the machine; what finds no place in time
    fails and says so. What reads untrusted content runs in a process, which is killed (`child.py`).
    """

    def __init__(self, width: int = 16) -> None:
        self._places = threading.BoundedSemaphore(width)

    def run(self, assignments: Sequence[Assignment], context: Context) -> list[Outcome]:
        """Return the outcome of each assignment, in order."""
        runs = [_Run(assignment, context, self._places.release) for assignment in assignments]
        start = monotonic()
        for run in runs:
            if self._places.acquire(timeout=max(0.0, start + run.timeout_s - monotonic())):
                run.start()
            else:
                run.outcome = "every place for analyzers is taken by others"
        return [run.wait() for run in runs]


class _Run:
    """One assignment in its thread."""

    def __init__(self, assignment: Assignment, context: Context, release: Callable[[], None]) -> None:
        self._assignment, self._context, self._release = assignment, context, release
        self.timeout_s = assignment.analyzer.about.timeout_s
        self.outcome: Outcome | None = None
        self._done = threading.Event()
        self._deadline = 0.0

    def start(self) -> None:
        name = f"analyzer {self._assignment.analyzer.about.name}"
        self._deadline = monotonic() + self.timeout_s + _GRACE_S
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def wait(self) -> Outcome:
        if self._deadline and not self._done.wait(max(0.0, self._deadline - monotonic())):
            return f"not done after {self.timeout_s:g} s"
        return self.outcome if self.outcome is not None else "no outcome"

    def _work(self) -> None:
        try:
            self.outcome = outcome_of(self._assignment.analyzer, self._assignment.observable, self._context)
        finally:
            self._release()
            self._done.set()


def outcome_of(analyzer: Analyzer, observable: Observable, context: Context) -> Outcome:
    """Run an analyzer here and now; its failures, foreseen or not, become text."""
    try:
        return analyzer.run(observable, context)
    except AnalysisError as error:
        return error.message
    except TocsinError as error:
        return f"{error.code}: {error.message}"
    except Exception as error:  # noqa: BLE001 - a supervised edge: one bad analyzer fails its own job only
        return f"the analyzer failed: {type(error).__name__}: {error}"[:500]
