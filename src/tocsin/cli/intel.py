"""`tocsin intel`: import indicators and look values up, on the platform's own database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.intel import Defaults, Imported, ImportOrder, Intel, LookupResult

OPERATOR = Actor("user", "command-line")

Opener = Callable[[Path | None, Path | None], AbstractContextManager[tuple[Database, Intel]]]
"""Opens the platform's database and its indicators, given the data folder and the settings file."""

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything that is kept.", envvar="TOCSIN_DATA")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file.")]
JSONOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_SHOWN = 20


def intel_commands(opener: Opener) -> typer.Typer:
    """Return the group of commands; `opener` gives them the platform's indicators."""
    group = typer.Typer(no_args_is_help=True, help="Indicators: import feeds, look values up.")

    @group.command(name="import")
    def import_(  # noqa: PLR0917 - typer reads options from the parameters
        path: Annotated[Path, typer.Argument(help="A file, or the folder of a MISP feed.")],
        feed: Annotated[str, typer.Option(help="Name of the feed; default: the file's.")] = "",
        format_: Annotated[str, typer.Option("--format", help="auto, csv, freetext or misp.")] = "auto",
        confidence: Annotated[int, typer.Option(min=0, max=100, help="Where the file states none.")] = 60,
        tlp: Annotated[int, typer.Option(min=0, max=4, help="Where the file states none.")] = 2,
        expires_in_days: Annotated[int, typer.Option(min=0, help="0: never.")] = 0,
        data: DataOption = None,
        config: ConfigOption = None,
        as_json: JSONOption = False,
    ) -> None:
        """Make a feed hold exactly what the file states. Importing twice changes nothing.

        Example: tocsin intel import ipsum.txt --feed ipsum --confidence 50
        """
        if format_ not in {"auto", "csv", "freetext", "misp"}:
            raise InvalidError(f"{format_!r} is none of auto, csv, freetext, misp")
        until = SystemClock().now() + expires_in_days * DAY if expires_in_days else None
        defaults = Defaults(confidence, tlp, valid_until_at=until)
        order = ImportOrder(feed or path.stem, format_, defaults)  # type: ignore[arg-type]  # checked above
        with opener(data, config) as (_, intel):
            done = intel.import_path(path, order, OPERATOR)
        typer.echo(_json(asdict(done)) if as_json else _told(done))

    @group.command()
    def lookup(
        value: Annotated[str, typer.Argument(help="Address, network, domain, URL, hash, e-mail ...")],
        data: DataOption = None,
        config: ConfigOption = None,
        as_json: JSONOption = False,
    ) -> None:
        """Say what is known of a value; status 0 when something is, 1 when nothing is.

        Example: tocsin intel lookup hxxp://evil[.]example/x
        """
        with opener(data, config) as (db, intel), db.read() as tx:
            found = intel.lookup(tx, value)
        typer.echo(_json(asdict(found)) if as_json else _described(found))
        raise typer.Exit(0 if found.indicators or found.warninglists else 1)

    return group


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _told(done: Imported) -> str:
    counts = {
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "removed": done.removed,
        "not for detection": done.skipped,
        "refused": done.refused_count,
    }
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    lines = [f"{done.feed} ({done.format}): {told}"]
    for each in done.refused[:_SHOWN]:
        place = ":".join(part for part in (each.path, str(each.line) if each.line else "") if part)
        lines.append(f"  {place or '-'}: {each.reason}" + f" [{each.value[:80]}]" * bool(each.value))
    if done.refused_count > _SHOWN:
        lines.append(f"  and {done.refused_count - _SHOWN} more")
    return "\n".join(lines)


def _described(found: LookupResult) -> str:
    lines = [f"{found.value} ({found.kind}): {found.verdict or 'nothing known'}"]
    lines += [
        f"  {each.feed}: {each.kind} {each.value}, confidence {each.confidence}"
        + f", {each.event_info}" * bool(each.event_info)
        for each in found.indicators
    ]
    lines += [f"  warninglist {each.name} ({each.category})" for each in found.warninglists]
    return "\n".join(lines)
