"""What the commands of `tocsin store` have in common: options, the folder of the log, and progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from tocsin.core.errors import InvalidError

if TYPE_CHECKING:
    from tocsin.settings import Settings
    from tocsin.store.holds import Holds

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything that is kept.", envvar="TOCSIN_DATA")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default: tocsin.toml in the working folder.")
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def settings_of(data: Path | None, config: Path | None) -> Settings:
    """Read the settings; `data` goes before them."""
    from tocsin.settings import load_settings

    return load_settings(config, **({} if data is None else {"data": data}))


def events_folder(data: Path | None, config: Path | None) -> Path:
    """Return where the embedded log stands; raises `InvalidError` for a platform that keeps it elsewhere."""
    settings = settings_of(data, config)
    if settings.store.kind != "duckdb":
        raise InvalidError("the log of this platform is on a cluster: use what the cluster offers for this")
    return settings.data.expanduser().resolve() / "events"


def holds_of(data: Path | None, config: Path | None) -> Holds:
    """Return the legal holds on the log, wherever it is kept; raises `StoreError` when there is no log."""
    from tocsin.store.holds import Holds
    from tocsin.store.states import journal_of

    return Holds(journal_of(settings_of(data, config).data.expanduser().resolve() / "events"))


@contextmanager
def progress(what: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar of bytes on a terminal; yields what is told how many are done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task(what, total=total or None)
        yield lambda done: bars.update(task, completed=done)
