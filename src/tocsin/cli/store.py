"""`tocsin store`: the event log itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tocsin.cli.store_backup import backup, restore
from tocsin.cli.store_days import hold_app, status, verify
from tocsin.cli.store_export import export
from tocsin.core.errors import InvalidError

if TYPE_CHECKING:
    from tocsin.settings import Settings
    from tocsin.store.base import Day, EventStore
    from tocsin.store.comparing import DayCompared
    from tocsin.store.opensearch.store import OpenSearchStore

app = typer.Typer(
    help="The event log: look at it, check it, hold events, back it up, export from it, move it.",
    no_args_is_help=True,
)
app.command()(status)
app.command()(verify)
app.command()(backup)
app.command()(restore)
app.command()(export)
app.add_typer(hold_app, name="hold")


@app.callback()
def group() -> None:
    """The event log: look at it, check it, hold events, back it up, export from it, move it."""


@app.command()
def migrate(
    to: Annotated[str, typer.Option("--to", help="Where the history goes: opensearch.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of everything that is kept.", envvar="TOCSIN_DATA")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default: tocsin.toml in the working folder."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be moved; write nothing.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Move the event log to OpenSearch or Elasticsearch, and compare both day by day.

    The server must be stopped. Nothing of the embedded log is changed. Stopped half-way, it goes on where it
    was when run again. Status 1 when a day differs in the end. The cluster's address stands in the settings.

    Example: tocsin store migrate --to opensearch --data /var/lib/tocsin
    """
    if to != "opensearch":
        raise InvalidError(f"--to {to}: the log can be moved to opensearch only")
    from tocsin.settings import load_settings
    from tocsin.stores import open_opensearch, owner_of

    settings = load_settings(config, **({} if data is None else {"data": data}))
    with _opened(settings) as source:
        if dry_run:
            _say_plan(source.days(), settings, as_json=json_)
            return
        owner = owner_of(settings.data / "events")
        with closing(open_opensearch(settings.store, owner)) as target:
            moved = _move(source, target, quiet=json_)
            compared = _compare(source, target, len(source.days()), quiet=json_)
    raise typer.Exit(_say_result(moved, compared, as_json=json_))


@contextmanager
def _opened(settings: Settings) -> Iterator[EventStore]:
    """Hold the data folder, so that no server runs on it, and open the embedded log."""
    from tocsin.core.clock import SystemClock
    from tocsin.folder import DataFolder
    from tocsin.stores import open_embedded

    with ExitStack() as opened:
        folder = DataFolder(settings.data)
        opened.callback(folder.release)
        source = open_embedded(settings.store, folder.part("events"), SystemClock())
        opened.callback(source.close)
        yield source


def _move(source: EventStore, target: OpenSearchStore, *, quiet: bool) -> int:
    moved = 0
    with _progress("moving commits", source.last_commit(), quiet=quiet) as bar:
        for step in target.replay(source):
            moved = step.events
            bar(step.commit)
        bar(source.last_commit())
    return moved


def _compare(source: EventStore, target: EventStore, days: int, *, quiet: bool) -> list[DayCompared]:
    from tocsin.store.comparing import compare

    found: list[DayCompared] = []
    with _progress("comparing days", days, quiet=quiet) as bar:
        for one in compare(source, target):
            found.append(one)
            bar(len(found))
    return found


@contextmanager
def _progress(what: str, total: int, *, quiet: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(what, total=total)
        yield lambda completed: progress.update(task, completed=completed)


def _say_plan(days: Sequence[Day], settings: Settings, *, as_json: bool) -> None:
    from tocsin.stores import greet_opensearch

    events, size = sum(day.events for day in days), sum(day.size_bytes for day in days)
    hosts = f"{greet_opensearch(settings.store)} at {', '.join(settings.store.hosts)}"
    if as_json:
        plan = {"dry_run": True, "days": len(days), "events": events, "size_bytes": size, "to": hosts}
        typer.echo(msgspec.json.encode(plan).decode())
        return
    typer.echo(f"would move {events:,} events of {len(days):,} days ({size / 1e6:,.1f} MB) to {hosts}")


def _say_result(moved: int, compared: Sequence[DayCompared], *, as_json: bool) -> int:
    different = [one for one in compared if not one.equal]
    total = sum(one.target.events for one in compared)
    if as_json:
        days = [
            {"day": one.day, "equal": one.equal, "source": one.source, "target": one.target}
            for one in compared
        ]
        result = {"moved": moved, "events": total, "different": len(different), "days": days}
        typer.echo(msgspec.json.encode(result).decode())
        return int(bool(different))
    typer.echo(f"moved {moved:,} events; {total:,} are there now, in {len(compared):,} days")
    for one in different:
        typer.echo(
            f"  {one.day} differs: {one.source.events:,} events {one.source.sha256[:12]} here,"
            f" {one.target.events:,} {one.target.sha256[:12]} there",
            err=True,
        )
    if not different:
        typer.echo('every day has the same count and checksum; set kind = "opensearch" in [store] to use it')
    return int(bool(different))
