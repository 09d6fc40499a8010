"""`tocsin store export`: the events of a query as a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tocsin.cli.printing import console, print_json
from tocsin.cli.store_opening import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.core.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from tocsin.core.event import Event
    from tocsin.settings import Settings
    from tocsin.store.base import EventStore, Selection

_FORMATS = ("jsonl", "csv", "parquet")


def export(  # noqa: PLR0917 - typer reads options from the parameters
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    query: Annotated[str, typer.Option("--query", "-q", help="Which events; empty: all of the time.")] = "",
    from_: Annotated[
        str, typer.Option("--from", help="From this instant on, such as 2026-11-01 or now-7d.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="Before this instant; a day counts whole.")] = "",
    format_: Annotated[
        str, typer.Option("--format", help="jsonl, csv or parquet; default: by the file's name, else jsonl.")
    ] = "",
    columns: Annotated[
        str, typer.Option("--columns", help="Fields, comma between; for csv and parquet.")
    ] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Write the events of a query to a file, oldest first.

    The platform must be stopped, or keep its log on a cluster. A running one exports by its API:
    GET /api/v1/events/export?q=...&format=parquet. In CSV, text that a spreadsheet would take for a formula
    gets an apostrophe in front.

    Example: tocsin store export -q "rule.level:>=10" --from now-7d high.parquet
    """
    from tocsin.core.clock import SystemClock
    from tocsin.query.dates import parse_span
    from tocsin.query.lucene import parse_lucene
    from tocsin.store.base import Selection

    form = format_ or (file.suffix[1:] if file.suffix[1:] in _FORMATS else "jsonl")
    if form not in _FORMATS:
        raise InvalidError(f"--format {form}: known are {', '.join(_FORMATS)}")
    if file.exists():
        raise ConflictError(f"{file} exists already")
    now = SystemClock().now()
    selection = Selection(
        parse_lucene(query, now=now),
        parse_span(from_, now=now)[0] if from_ else None,
        parse_span(to, now=now)[1] if to else None,
    )
    with _opened(settings_of(data, config)) as store:
        events = _write(store, selection, file, form, _columns(columns), quiet=json_)
    size = file.stat().st_size
    if json_:
        print_json({"file": str(file), "format": form, "events": events, "size_bytes": size})
        return
    console().print(f"{events:,} events, {size / 1e6:,.1f} MB, in {file}")


def _columns(text: str) -> list[str]:
    from tocsin.core.fields import canonical

    return [canonical(name.strip()) for name in text.split(",") if name.strip()]


@contextmanager
def _opened(settings: Settings) -> Iterator[EventStore]:
    """Open the log: the embedded one of a platform that is stopped, or one on a cluster."""
    from tocsin.core.clock import SystemClock
    from tocsin.folder import DataFolder, running_on
    from tocsin.stores import open_embedded, open_opensearch

    with ExitStack() as opened:
        if settings.store.kind == "opensearch":
            cluster = open_opensearch(settings.store)
            opened.callback(cluster.close)
            yield cluster
            return
        if running_on(settings.data) is not None:
            raise InvalidError(
                f"the platform on {settings.data} is running and has the log open:"
                " export by its API, GET /api/v1/events/export?q=...&format=parquet, with an API key"
            )
        folder = DataFolder(settings.data)
        opened.callback(folder.release)
        store = open_embedded(settings.store, folder.part("events"), SystemClock())
        opened.callback(store.close)
        yield store


def _write(
    store: EventStore, selection: Selection, file: Path, form: str, columns: list[str], *, quiet: bool
) -> int:
    """Write the file under another name first, so that half of one is never taken for it."""
    from tocsin.api.event_export import columns_of, csv_lines, json_lines
    from tocsin.store.parquet import write_parquet

    part = file.with_name(file.name + ".part")
    batches = _Counted(store, selection, quiet=quiet)
    try:
        if form == "parquet":
            seen = store.fields(selection)
            write_parquet(part, batches, columns or columns_of(store, selection), seen)
        else:
            lines = (
                json_lines(batches)
                if form == "jsonl"
                else csv_lines(batches, columns or columns_of(store, selection))
            )
            with part.open("xb") as stream:
                stream.writelines(lines)
                stream.flush()
                os.fsync(stream.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return batches.events


class _Counted:
    """The events selected, counted as they go by, with the count shown on a terminal."""

    def __init__(self, store: EventStore, selection: Selection, *, quiet: bool) -> None:
        self._store = store
        self._selection = selection
        self._console = Console(stderr=True, quiet=quiet)
        self.events = 0

    def __iter__(self) -> Iterator[Sequence[Event]]:
        total = self._store.count(self._selection) if self._console.is_terminal else 0
        batches: Iterable[Sequence[Event]] = self._store.scan(self._selection)
        with self._console.status("exporting") as status:
            for batch in batches:
                self.events += len(batch)
                yield batch
                status.update(f"exporting: {self.events:,} of {total:,} events")
