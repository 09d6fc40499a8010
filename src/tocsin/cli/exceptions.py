"""`tocsin exceptions`: conditions under which detection rules stay silent, on this machine's platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from tocsin.accounts.audit import Audit
from tocsin.cli.kept import database_of, rules_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.core.clock import DAY, SystemClock
from tocsin.detect.exception_book import ExceptionBook, ExceptionDraft
from tocsin.detect.tables import ExceptionRow
from tocsin.settings import Settings

app = typer.Typer(
    help="Exceptions: conditions under which detection rules stay silent.", no_args_is_help=True
)


@app.command(name="list")
def list_(
    rule: Annotated[str | None, typer.Option(help="Those of this rule and of every rule.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List exceptions, the first to expire first, with what they held back; beside a running platform too.

    Example: tocsin exceptions list --rule 5712
    """
    with _opened(settings_of(data, config)) as (book, tx):
        rows = book.list(tx, rule)
        if json_:
            print_json([_plain(book, row) for row in rows])
            return
        for row in rows:
            console().print(_told(book, row))
        if not rows:
            console().print("there are no exceptions")


@app.command()
def add(  # noqa: PLR0917 - typer reads options from the parameters
    condition: Annotated[str, typer.Argument(help="In the language of searches.")],
    reason: Annotated[str, typer.Option(help="Why, for those who ask later.")],
    rule: Annotated[str, typer.Option(help="Id of the rule; without, every rule.")] = "",
    days: Annotated[float, typer.Option(min=0.001, max=366, help="It expires after so many days.")] = 90,
    owner: Annotated[str, typer.Option(help="Who answers for it; default: whoever runs this.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Put an exception in force; a running platform minds it from its next batch on. No event is deleted.

    Example: tocsin exceptions add 'source.ip: 192.0.2.7' --rule 5712 --days 30 --reason "our scanner"
    """
    settings = settings_of(data, config)
    with _opened(settings, write=True) as (book, tx):
        expires_at = SystemClock().now() + round(days * DAY)
        row = book.add(tx, ExceptionDraft(condition, reason, expires_at, rule, owner), operator())
        shown = _plain(book, row) if json_ else _told(book, row)
    if isinstance(shown, str):
        console().print(shown)
    else:
        print_json(shown)


@app.command()
def remove(
    exceptions: Annotated[list[str], typer.Argument(help="Ids, as `list` shows them.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Take exceptions out of force: all of them, or none when one is unknown.

    Example: tocsin exceptions remove exception_01k9...
    """
    with _opened(settings_of(data, config), write=True) as (book, tx):
        for each in exceptions:
            book.remove(tx, each, operator())
    console().print(f"removed {', '.join(exceptions)}")


@contextmanager
def _opened(settings: Settings, *, write: bool = False) -> Iterator[tuple[ExceptionBook, Session]]:
    database = database_of(settings)
    clock = SystemClock()
    try:
        book = ExceptionBook(clock, Audit(clock), lambda: rules_of(settings, database))
        with database.write() if write else database.read() as tx:
            yield book, tx
    finally:
        database.close()


def _plain(book: ExceptionBook, row: ExceptionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "rule_id": row.rule_id or None,
        "condition": row.condition,
        "owner": row.owner,
        "reason": row.reason,
        "expires_at": moment(row.expires_at),
        "expired": book.is_expired(row),
        "hits": row.hits,
        "last_hit_at": moment(row.last_hit_at) if row.last_hit_at else None,
        "created_by": row.created_by,
        "created_at": moment(row.created_at),
    }


def _told(book: ExceptionBook, row: ExceptionRow) -> str:
    scope = f"rule {row.rule_id}" if row.rule_id else "every rule"
    until = "expired" if book.is_expired(row) else "until"
    last = f", last {moment(row.last_hit_at)}" if row.last_hit_at else ""
    return (
        f"{row.id}  {scope}: {row.condition}\n"
        f"  {until} {moment(row.expires_at)}, owner {row.owner}, held back {row.hits}{last}: {row.reason}"
    )
