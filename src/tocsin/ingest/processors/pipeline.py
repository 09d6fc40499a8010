"""A pipeline: processors in order, for the events of some sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from tocsin.core.event import Event
from tocsin.ingest.processors.draft import ERRORS, PIPELINES, Dropped, Processor, Unable

Condition = Callable[[Event], bool]
_MOST_ERRORS = 20
_REMEMBERED_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """A processor, when it applies, and what happens when it does not fit."""

    name: str
    processor: Processor
    when: Condition | None = None
    ignore_failure: bool = False
    on_failure: tuple[Step, ...] = ()

    def run(self, event: Event, where: str) -> None:
        """Process the event; a failure is noted on it unless ignored. Raises `Dropped`."""
        if self.when is not None and not self.when(event):
            return
        try:
            self.processor(event)
        except Unable as error:
            for step in self.on_failure:
                step.run(event, where)
            if not self.ignore_failure and not self.on_failure:
                _note(event, f"{where} {self.name}: {error.message}")


@dataclass(frozen=True, slots=True)
class IngestPipeline:
    """Steps for the events whose source or file fits one of the globs, and that fulfil the condition."""

    name: str
    sources: tuple[str, ...]
    steps: tuple[Step, ...]
    when: Condition | None = None
    path: str = ""
    description: str = ""

    def takes(self, source: str, location: str) -> bool:
        """Tell whether events of a source, from a file or address, go through."""
        return any(fnmatchcase(source, glob) or fnmatchcase(location, glob) for glob in self.sources)

    def run(self, event: Event) -> None:
        """Process one event that it takes. Raises `Dropped`."""
        if self.when is not None and not self.when(event):
            return
        seen = event.fields.get(PIPELINES)
        event.fields[PIPELINES] = [*(seen if isinstance(seen, list) else ()), self.name]
        for step in self.steps:
            step.run(event, self.name)


class IngestPipelines:
    """All pipelines in the order they were loaded; an event goes through each that takes it."""

    def __init__(self, pipelines: Sequence[IngestPipeline]) -> None:
        self.pipelines = tuple(pipelines)
        self._by_name = {pipeline.name: pipeline for pipeline in self.pipelines}
        self._taking = lru_cache(maxsize=_REMEMBERED_PLACES)(self._find)

    def _find(self, source: str, location: str) -> tuple[IngestPipeline, ...]:
        return tuple(one for one in self.pipelines if one.takes(source, location))

    def run(self, event: Event, asked: str = "") -> str | None:
        """Process an event in place; return why it is to be left out, or None to keep it.

        It goes first through the pipeline that its sender asked for by name.
        """
        location = event.fields.get("log.file.path", "")
        taking = self._taking(event.source, location if isinstance(location, str) else "")
        if asked:
            taking = self._first(event, asked, taking)
        for pipeline in taking:
            reason = _outcome(pipeline, event)
            if reason is not None:
                return reason
        return None

    def _first(
        self, event: Event, asked: str, taking: tuple[IngestPipeline, ...]
    ) -> tuple[IngestPipeline, ...]:
        named = self._by_name.get(asked)
        if named is None:  # it was there when the sender asked, and was taken away since
            _note(event, f"there is no pipeline {asked!r}")
            return taking
        return (named, *(one for one in taking if one is not named))

    def run_all(self, event: Event) -> str | None:
        """As `run`, through every pipeline whatever the event's source: for trying them out."""
        for pipeline in self.pipelines:
            reason = _outcome(pipeline, event)
            if reason is not None:
                return reason
        return None


def _outcome(pipeline: IngestPipeline, event: Event) -> str | None:
    try:
        pipeline.run(event)
    except Dropped as outcome:
        return outcome.message
    return None


def _note(event: Event, reason: str) -> None:
    noted = event.fields.get(ERRORS)
    reasons = noted if isinstance(noted, list) else []
    if len(reasons) < _MOST_ERRORS:
        event.fields[ERRORS] = [*reasons, reason[:500]]
