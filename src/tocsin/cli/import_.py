"""`tocsin import`: log files through the whole pipeline, with progress and a summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from tocsin.core.errors import TocsinError
from tocsin.detect.engine import DetectStatus
from tocsin.ingest.formats import Format, format_named
from tocsin.ingest.importing import Importer, OnProgress, Summary
from tocsin.ingest.importing import Progress as Position

_SHOWN_PROBLEMS = 10
_CATCH_UP_S = 60.0


class ImportPlatform(Protocol):
    """What an import needs of a running platform."""

    def importer(self) -> Importer:
        """Return what puts files through the pipeline."""
        ...


class Detection(Protocol):
    """What follows the log."""

    def status(self) -> DetectStatus:
        """Return how far it is behind."""
        ...


Opener = Callable[[Path | None, Path | None], AbstractContextManager[ImportPlatform]]
"""Opens the platform of a settings file and a data folder; leaving it lets detection catch up."""


def import_files(
    files: Sequence[Path],
    format_: str,
    *,
    data: Path | None = None,
    config: Path | None = None,
    as_json: bool = False,
    opener: Opener | None = None,
) -> int:
    """Import the files; returns 0, or 1 when one of them could not be read to its end."""
    wanted = format_named(format_)
    results: list[dict[str, Any]] = []
    with (opener or _open)(config, data) as platform:
        importer = platform.importer()
        for path in files:
            result = _import(importer, path, wanted, quiet=as_json)
            results.append(result)
            if not as_json:
                _say(result)
    if as_json:
        typer.echo(msgspec.json.encode(results).decode())
    return int(any(result["stopped"] for result in results))


@contextmanager
def _open(config: Path | None, data: Path | None) -> Iterator[ImportPlatform]:
    from tocsin.app import open_platform
    from tocsin.cli.server import settings_with

    platform = open_platform(settings_with(config, data=data, host="127.0.0.1", port=0))
    try:
        platform.start()
        yield platform
        _catch_up(platform.detector)
    finally:
        platform.stop()


def _catch_up(detector: Detection) -> None:
    """Wait until the rules that watch the log have seen what was imported, so that its alerts are there."""
    patience = time.monotonic() + _CATCH_UP_S
    while detector.status().lag_commits and time.monotonic() < patience:
        time.sleep(0.05)


def _import(importer: Importer, path: Path, wanted: Format, *, quiet: bool) -> dict[str, Any]:
    started = time.monotonic()
    try:
        with _progress(path, quiet=quiet) as tell:
            summary = importer.run(path, wanted, tell)
    except TocsinError as error:
        summary = Summary(str(path), "", stopped=str(error))
    return _result(summary, time.monotonic() - started)


@contextmanager
def _progress(path: Path, *, quiet: bool) -> Iterator[OnProgress]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]:,} records/s"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(_printable(path.name), rate=0)

        def tell(at: Position) -> None:
            rate = round(at.records / max(time.monotonic() - started, 0.001))
            bar.update(task, completed=at.done_bytes, total=at.total_bytes, rate=rate)

        yield tell


def _result(summary: Summary, seconds: float) -> dict[str, Any]:
    return {
        "path": summary.path,
        "source": summary.source,
        "records": summary.records,
        "stored": summary.stored,
        "duplicates": summary.duplicates,
        "refused": summary.refused.total(),
        "reasons": dict(summary.refused),
        "problems": [str(problem) for problem in summary.problems],
        "stopped": summary.stopped,
        "seconds": round(seconds, 3),
    }


def _say(result: dict[str, Any]) -> None:
    rate = round(result["records"] / max(result["seconds"], 0.001))
    typer.echo(
        f"{_printable(result['path'])}: {result['records']:,} records, {result['stored']:,} stored, "
        f"{result['duplicates']:,} there before, {result['refused']:,} refused ({rate:,}/s)"
    )
    if result["records"] and not result["stored"] and result["duplicates"]:
        typer.echo("  this content was imported before: nothing changed")
    for reason, count in result["reasons"].items():
        typer.echo(f"  refused {count:,}: {_printable(reason)}")
    for problem in result["problems"][:_SHOWN_PROBLEMS]:
        typer.echo(f"  {_printable(problem)}", err=True)
    if len(result["problems"]) > _SHOWN_PROBLEMS:
        typer.echo("  ... the rest with --json", err=True)
    if result["stopped"]:
        typer.echo(f"  not read to its end: {_printable(result['stopped'])}", err=True)


def _printable(text: str) -> str:
    """Return the text without what could steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
