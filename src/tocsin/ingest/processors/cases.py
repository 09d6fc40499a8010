"""Cases inside a pipeline's file: an event before, and what must have come of it.

`cases` is a list of `{name, event: {message, source?, FIELD: value...}, expect: {FIELD: value | null},
dropped?: reason, failures?: true}`. Every case meets the pipeline alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin.core.clock import from_iso, to_iso
from tocsin.core.errors import ContentError, Location
from tocsin.core.event import Event
from tocsin.core.fields import TIMESTAMP
from tocsin.ingest.processors.draft import ERRORS, read
from tocsin.ingest.processors.loader import read_file, read_source_file
from tocsin.ingest.processors.pipeline import IngestPipeline, IngestPipelines

RECEIVED_AT = from_iso("2030-01-01T00:00:00Z")
"""When the event of a case is taken to be received, so that a case means the same on any day."""


class PipelineCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case as its author wrote it."""

    name: str
    event: dict[str, Any]
    expect: dict[str, Any] = {}
    dropped: str | None = None
    failures: bool = False
    """Whether a processor may note that it did not fit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; it passed when there are no failures."""

    name: str
    location: Location
    failures: tuple[str, ...]


def run_cases(path: Path, geoip: Path | None = None) -> Iterator[Outcome]:
    """Run the cases of a file. Raises `ContentError` when the file or a case cannot be read."""
    source, pipeline = read_source_file(path), read_file(path, geoip)
    given = source.values.get("cases", [])
    if not isinstance(given, list):
        raise source.refuse("cases is a list", ("cases",))
    for index, entry in enumerate(given):
        place = source.at(("cases", index))
        try:
            case = msgspec.convert(entry, PipelineCase)
        except msgspec.ValidationError as error:
            raise ContentError(str(error), location=place) from error
        yield Outcome(case.name, place, tuple(_failures(pipeline, case)))


def _failures(pipeline: IngestPipeline, case: PipelineCase) -> Iterator[str]:
    event = _event(pipeline, case)
    reason = IngestPipelines([pipeline]).run(event)
    if reason != case.dropped:
        yield f"dropped: expected {case.dropped!r}, got {reason!r}"
    if not case.failures and reason is None:
        noted = event.fields.get(ERRORS, [])
        yield from (str(one) for one in noted) if isinstance(noted, list) else ()
    for field, expected in case.expect.items():
        got = to_iso(event.at) if field == TIMESTAMP else read(event, field)
        if got != expected:
            yield f"{field}: expected {expected!r}, got {got!r}"


def _event(pipeline: IngestPipeline, case: PipelineCase) -> Event:
    given = dict(case.event)
    message, source = str(given.pop("message", "")), str(given.pop("source", pipeline.sources[0]))
    return Event(source, 1, RECEIVED_AT, RECEIVED_AT, message, given)
