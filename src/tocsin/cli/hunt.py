"""`tocsin hunt`: rules straight over files, with no platform running."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from tocsin.content import own_content
from tocsin.core.clock import to_iso
from tocsin.core.errors import InvalidError, NotFoundError, Problem
from tocsin.detect.loader import Loaded, load_folders
from tocsin.detect.sigma import load_taxonomy
from tocsin.detect.sigma.cache import user_folder
from tocsin.hunt import Hunt, HuntOptions, Input, find_inputs
from tocsin.hunt.errors import HuntRefusedError
from tocsin.hunt.flatten import time_of
from tocsin.hunt.levels import LEVELS, level_of, select
from tocsin.hunt.messages import Correlated, Finished, Found, Message, Progressed
from tocsin.hunt.rows import COLUMNS, Row, as_csv, as_json, cells_of, details_of, first_of, printable, row_of
from tocsin.hunt.summary import Summary

STATUS_READ, STATUS_PARTLY, STATUS_MATCHED = 0, 1, 3
"""Everything was read; something was not; with `--fail`, something matched."""

_MANY_BYTES = 64 * 1024**2
"""From so many bytes on, every core gets a process."""

_MAX_TIMELINE = 1_000_000
_SHOWN_PROBLEMS = 10
_WIDE, _PIPED_WIDTH = 110, 160
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "dim"}


@dataclass(frozen=True, slots=True)
class HuntCall:
    """What the command line asked for."""

    paths: Sequence[Path]
    rules: Sequence[Path] = ()
    mapping: Sequence[Path] = ()
    form: str = "summary"
    level: str = "informational"
    tags: Sequence[str] = ()
    since: str = ""
    until: str = ""
    jobs: int = 0
    fail: bool = False
    deprecated: bool = False


class Form(Protocol):
    """Writes matches as they come; `finish` writes what had to wait."""

    def take(self, row: Row) -> None:
        """Write a match, or keep it."""
        ...

    def finish(self) -> None:
        """Write what was kept."""
        ...


def hunt(call: HuntCall) -> int:
    """Run the hunt; returns the exit status."""
    began = time.monotonic()
    loaded = _load(call)
    options = HuntOptions(_instant(call.since, "--from"), _instant(call.until, "--to"), decoders=_decoders())
    inputs, missing = find_inputs(call.paths)
    if not inputs:
        reasons = "; ".join(str(problem) for problem in missing) or "no log files there"
        raise NotFoundError(f"nothing to read: {reasons}")
    jobs = call.jobs or _jobs(inputs)
    run = Hunt(loaded.rules, loaded.correlations, replace(options, jobs=jobs))
    correlations = {rule.id: rule for rule in loaded.rules if rule.correlation is not None}
    summary = Summary(run.rules, correlations, inputs, problems=list(missing))
    form = _FORMS[call.form]()
    with _progress(inputs) as progress:
        for message in run.run(inputs):
            progress.tell(message)
            summary.add(message)
            if isinstance(message, Found | Correlated):
                form.take(row_of(message, run.rules, run.by_id, inputs))
    form.finish()
    _Report(summary, run, loaded, time.monotonic() - began).say(to_stderr=call.form != "summary")
    if summary.files_failed or summary.faults or missing:
        return STATUS_PARTLY
    return STATUS_MATCHED if call.fail and summary.matches else STATUS_READ


def _load(call: HuntCall) -> Loaded:
    taxonomy = load_taxonomy(call.mapping)
    folders = list(call.rules) or [own_content() / "detections"]
    loaded = load_folders(folders, taxonomy, cache_folder=user_folder())
    running = [rule for rule in loaded.rules if rule.enabled or call.deprecated]
    chosen = select(running, least=call.level, tags=call.tags)
    ids = {rule.id for rule in chosen}
    if not chosen:
        raise HuntRefusedError(
            f"no rule to hunt with: {len(loaded.rules)} were read from {', '.join(map(str, folders))}, "
            f"{len(loaded.problems)} refused, none is chosen"
            + (f"; first problem: {loaded.problems[0]}" if loaded.problems else "")
        )
    linked = tuple(each for each in loaded.correlations if each.id in ids)
    return Loaded(tuple(chosen), loaded.problems, linked)


def _decoders() -> Path | None:
    try:
        return own_content() / "decoders"
    except NotFoundError:
        return None


def _instant(text: str, option: str) -> int | None:
    if not text:
        return None
    at = time_of(text)
    if not at:
        raise InvalidError(f"{option} {text!r} is no time such as 2026-11-24 or 2026-11-24T05:00:00Z")
    return at


def _jobs(inputs: Sequence[Input]) -> int:
    if sum(each.size for each in inputs) < _MANY_BYTES or not hasattr(os, "fork"):
        return 1
    return min(os.cpu_count() or 1, len(inputs))


class _JSONLines:
    def take(self, row: Row) -> None:
        sys.stdout.buffer.write(as_json(row) + b"\n")

    def finish(self) -> None:
        sys.stdout.buffer.flush()


class _CSV:
    def __init__(self) -> None:
        sys.stdout.write(as_csv(COLUMNS))

    def take(self, row: Row) -> None:
        sys.stdout.write(as_csv(cells_of(row)))

    def finish(self) -> None:
        sys.stdout.flush()


class _Timeline:
    """Keeps a line for each match and writes them in order of time."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str, str]] = []

    def take(self, row: Row) -> None:
        if len(self._lines) >= _MAX_TIMELINE:
            raise HuntRefusedError(
                f"more than {_MAX_TIMELINE:,} matches for a timeline: narrow it with --level, --from "
                "and --to, or take --csv"
            )
        host = first_of(row.match.fields, ("Computer", "host.name", "winlog.computer_name", "host.hostname"))
        parts = (row.rule.name, host or "-", details_of(row), f"{row.file}#{row.match.record}")
        self._lines.append((row.at, level_of(row.rule), "  ".join(printable(part) for part in parts)))

    def finish(self) -> None:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        for at, level, text in sorted(self._lines, key=lambda line: line[0]):
            moment = to_iso(at)[:19] + "Z" if at else "no time".ljust(20)
            console.print(f"{moment}  ", end="")
            console.print(f"{level:<13}", style=_STYLES[level], end="")
            console.print(f"  {text}")


class _Nothing:
    def take(self, row: Row) -> None:
        """Only the figures are asked for."""

    def finish(self) -> None:
        """There is nothing that waits."""


_FORMS: dict[str, type[Form]] = {"json": _JSONLines, "csv": _CSV, "timeline": _Timeline, "summary": _Nothing}


@dataclass(slots=True)
class _Report:
    summary: Summary
    run: Hunt
    loaded: Loaded
    seconds: float

    def say(self, *, to_stderr: bool) -> None:
        """Print the figures: with tables, or one line beside other output."""
        console = Console(stderr=to_stderr, highlight=False, markup=False, soft_wrap=to_stderr)
        if not console.is_terminal:
            console.width = _PIPED_WIDTH
        if not to_stderr and self.summary.found:
            console.print(self._rules(with_times=console.width >= _WIDE))
            console.print(self._levels())
            self._attack(console)
        self._problems()
        console.print(self._line())

    def _line(self) -> str:
        summary = self.summary
        rate = round(summary.events / max(self.seconds, 0.001))
        line = (
            f"{summary.matches:,} matches of {len(summary.found):,} rules in {summary.events:,} events "
            f"of {summary.files_read:,} files; {len(self.run.rules):,} rules, {self.seconds:.1f} s, "
            f"{rate:,} events/s"
        )
        if summary.files_failed:
            line += f"; {summary.files_failed:,} files not read to their end"
        if summary.faults:
            line += f"; {summary.faults:,} records not readable"
        if self.run.left_out:
            line += f"; {len(self.run.left_out)} rules need a running platform"
        return line

    def _rules(self, *, with_times: bool) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("level", no_wrap=True)
        table.add_column("matches", justify="right", no_wrap=True)
        table.add_column("files", justify="right", no_wrap=True)
        for name in ("first", "last") if with_times else ():
            table.add_column(name, no_wrap=True)
        table.add_column("rule", overflow="fold")
        order = sorted(
            self.summary.found.values(),
            key=lambda each: (-LEVELS.index(level_of(each.rule)), -each.matches, each.rule.name),
        )
        for each in order:
            level = level_of(each.rule)
            times = [to_iso(at)[:19] if at else "" for at in (each.first_at, each.last_at)]
            cells = [level, f"{each.matches:,}", f"{len(each.files):,}", *(times if with_times else [])]
            table.add_row(*cells, printable(each.rule.name), style=_STYLES[level])
        return table

    def _levels(self) -> str:
        parts = [
            f"{level} {matches:,} ({rules:,} rules)"
            for level, (rules, matches) in self.summary.levels().items()
        ]
        return "\nSeverity:   " + ", ".join(parts)

    def _attack(self, console: Console) -> None:
        tactics = [f"{name} {matches:,}" for name, _, matches in self.summary.tactics()]
        techniques = [f"{name} {matches:,}" for name, _, matches in self.summary.techniques()]
        if tactics:
            console.print("Tactics:    " + ", ".join(tactics))
        if techniques:
            rest = f" and {len(techniques) - 20} more" if len(techniques) > 20 else ""
            console.print("Techniques: " + ", ".join(techniques[:20]) + rest)

    def _problems(self) -> None:
        console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        _say_problems(console, "rules refused", self.loaded.problems)
        _say_problems(console, "files and records", self.summary.problems)


def _say_problems(console: Console, title: str, problems: Sequence[Problem]) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        console.print(printable(str(problem)))
    if len(problems) > _SHOWN_PROBLEMS:
        console.print(f"... {len(problems) - _SHOWN_PROBLEMS:,} more {title}")


class _Bar:
    """Adds up how far the files have been read."""

    def __init__(self, progress: Progress, inputs: Sequence[Input]) -> None:
        self._progress = progress
        self._inputs = inputs
        self._task = progress.add_task("hunting", total=sum(each.size for each in inputs) or None, matches=0)
        self._done = [0] * len(inputs)
        self._total = 0
        self._matches = 0

    def tell(self, message: Message) -> None:
        """Move the bar by what a hunt said."""
        if isinstance(message, Found | Correlated):
            self._matches += 1
            return
        if isinstance(message, Progressed):
            at = min(message.bytes, self._inputs[message.file].size)
        elif isinstance(message, Finished):
            at = self._inputs[message.file].size
        else:
            return
        self._total += at - self._done[message.file]
        self._done[message.file] = at
        self._progress.update(self._task, completed=self._total, matches=self._matches)


@contextmanager
def _progress(inputs: Sequence[Input]) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[matches]:,} matches"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress, inputs)
