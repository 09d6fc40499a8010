"""`tocsin dashboards`: list, check, import, export and report dashboards, on this machine's platform."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from tocsin.accounts.audit import Audit
from tocsin.cli import report_schedules
from tocsin.cli.kept import database_of, store_of
from tocsin.cli.printing import console, described, moment, print_json, print_problems
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.content import content_folders
from tocsin.core.attack import known_techniques
from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError, Location, NotFoundError, Problem
from tocsin.dashboards import (
    Answering,
    DashboardBook,
    Draft,
    document_of,
    load_shelf,
    read_dashboard,
    read_file,
)
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.model import Span
from tocsin.dashboards.reading import unknown_fields
from tocsin.dashboards.reporter import Order, Reporter
from tocsin.dashboards.reporting.printing import FORMS, Form, printed
from tocsin.dashboards.writing import text_of
from tocsin.folder import running_on
from tocsin.seams import DashboardDesk, DashboardLog
from tocsin.settings import Settings

app = typer.Typer(
    help="Dashboards: panels over the event log and over alerts and cases.", no_args_is_help=True
)
app.add_typer(report_schedules.schedules, name="schedules")
app.add_typer(report_schedules.reports, name="reports")


@app.command(name="list")
def list_(data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """List the dashboards: those from files, and those people made on this machine's platform.

    Example: tocsin dashboards list
    """
    settings = settings_of(data, config)
    found: list[dict[str, Any]] = [
        {"id": name, "title": one.title, "panels": len(one.panels), "owner": None, "shared": True}
        for name, one in load_shelf(content_folders(settings, "dashboards")).dashboards.items()
    ]
    if has_platform(settings):
        with _opened(settings) as (book, tx):
            found += [
                {
                    "id": row.id,
                    "title": row.title,
                    "panels": len(row.document["panels"]),
                    "owner": row.owner,
                    "shared": row.shared,
                    "version": row.version,
                    "updated_at": moment(row.updated_at),
                }
                for row in book.list(tx, _viewer())
            ]
    if json_:
        print_json(found)
        return
    for one in found:
        whose = "from a file" if one["owner"] is None else f"of {one['owner']}"
        seen = "" if one["shared"] else ", private"
        console().print(f"{one['id']:<40} {one['title']}  ({one['panels']} panels, {whose}{seen})")


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, and folders of *.json; default: those the platform reads."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Check dashboards: what is wrong, by file and line, and which fields nobody knows. Status 1 for faults.

    Example: tocsin dashboards check my-dashboards/
    """
    given = paths or content_folders(settings_of(data, config), "dashboards")
    problems: list[Problem] = []
    remarks: list[Problem] = []
    good = 0
    for path in _files(given):
        dashboard, faults = read_file(path)
        problems += faults
        if dashboard is not None:
            good += 1
            remarks += [
                Problem(Location(str(path)), remark, panel) for panel, remark in unknown_fields(dashboard)
            ]
    if json_:
        faults_shown, remarks_shown = list(map(described, problems)), list(map(described, remarks))
        print_json({"good": good, "problems": faults_shown, "remarks": remarks_shown})
    else:
        print_problems([*problems, *remarks])
        console().print(f"{good} in order, {len(problems)} faults, {len(remarks)} remarks")
    if problems:
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Files as `export` or the console writes them.")],
    private: Annotated[bool, typer.Option("--private", help="Seen by administrators only.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Keep dashboards from files: all, or none when one is refused. A running platform has them at once.

    Example: tocsin dashboards import servers.json
    """
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for path in files:
        dashboard, faults = read_file(path)
        problems += faults
        if dashboard is not None:
            drafts.append(Draft(dashboard, shared=not private))
    if problems:
        print_problems(problems)
        raise typer.Exit(1)
    with _opened(settings_of(data, config), write=True) as (book, tx):
        rows = [book.add(tx, draft, _viewer()) for draft in drafts]
        kept = [{"id": row.id, "title": row.title} for row in rows]
    if json_:
        print_json(kept)
        return
    for one in kept:
        console().print(f"kept {one['title']} as {one['id']}")


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Id, as `list` shows it.")],
    file: Annotated[Path | None, typer.Argument(help="Where to write it; default: standard output.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a dashboard as JSON, to change it in an editor or to import it elsewhere.

    Example: tocsin dashboards export authentication my-authentication.json
    """
    text = text_of(document(settings_of(data, config), name))
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidError(f"{file} cannot be written: {error}") from error
    console().print(f"wrote {file}")


@app.command()
def report(  # noqa: PLR0917 - typer reads options from the parameters
    name: Annotated[str, typer.Argument(help="Id, as `list` shows it.")],
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    format_: Annotated[str, typer.Option("--format", help="html, pdf or png; default: by the name.")] = "",
    since: Annotated[str, typer.Option("--from", help="Begin of the span; default: the dashboard's.")] = "",
    until: Annotated[str, typer.Option("--to", help="End of the span; default: the dashboard's.")] = "",
    only: Annotated[list[str] | None, typer.Option("--filter", help="Query that narrows the events.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone of days and hours.")] = "UTC",
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a dashboard's answers of this moment as a page that needs nothing else, as PDF or as PNG.

    A running platform holds the event log: ask it for the report with
    GET /api/v1/dashboards/NAME/report.

    Example: tocsin dashboards report authentication logins.html --from now-7d
    """
    settings = settings_of(data, config)
    form = _form(format_, file)
    if running_on(settings.data) is not None:
        raise InvalidError(
            f"a platform runs on {settings.data} and holds the event log: ask it with "
            f"GET /api/v1/dashboards/{name}/report?format={form}, or stop it first"
        )
    found = read_dashboard(document(settings, name))
    span = Span(since or found.time.start, until or found.time.end)
    html = _report(settings, Order(found, span, only or (), zone))
    content = printed(html, form, settings.dashboards.chromium)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InvalidError(f"{file} cannot be written: {error}") from error
    console().print(f"wrote {file}")


def _form(wanted: str, file: Path) -> Form:
    form = wanted or file.suffix.lstrip(".").lower()
    for known in FORMS:
        if form == known:
            return known
    raise InvalidError(f"{form or file.name!r} is no form of a report; say --format html, pdf or png")


def _report(settings: Settings, order: Order) -> str:
    database = database_of(settings)
    try:
        with store_of(settings) as store, database.read() as tx:
            answering = Answering(DashboardLog(store), DashboardDesk(), known_techniques())
            return Reporter(answering).html(tx, order, now=SystemClock().now())
    finally:
        database.close()


def document(settings: Settings, name: str) -> dict[str, Any]:
    """Return the document of a dashboard from a file or of the platform; raises `NotFoundError`."""
    shelved = load_shelf(content_folders(settings, "dashboards")).dashboards.get(name)
    if shelved is not None:
        return document_of(shelved)
    if not has_platform(settings):
        raise NotFoundError(f"there is no dashboard {name!r}; `tocsin dashboards list` names those there are")
    with _opened(settings) as (book, tx):
        return document_of(read_dashboard(book.get(tx, name, _viewer()).document))


def has_platform(settings: Settings) -> bool:
    """Say whether a platform has been started on these settings."""
    return bool(settings.database) or (settings.data.expanduser().resolve() / "tocsin.db").is_file()


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.json"))
        else:
            yield path


def _viewer() -> Viewer:
    """Whoever may read the database file sees what is in it."""
    return Viewer(operator(), sees_all=True)


@contextmanager
def _opened(settings: Settings, *, write: bool = False) -> Iterator[tuple[DashboardBook, Session]]:
    database = database_of(settings)
    clock = SystemClock()
    try:
        with database.write() if write else database.read() as tx:
            yield DashboardBook(clock, Audit(clock)), tx
    finally:
        database.close()
