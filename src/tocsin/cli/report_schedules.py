"""`tocsin dashboards schedules` and `reports`: when reports are made, for whom, and those that were made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from tocsin.accounts.audit import Audit
from tocsin.api.report_views import report_view, schedule_view
from tocsin.cli.kept import database_of
from tocsin.cli.printing import console, moment, print_json, print_problems
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.content import content_folders
from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError
from tocsin.dashboard_desk import parties_of
from tocsin.dashboards import load_shelf
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.model import Span
from tocsin.dashboards.reporting.printing import FORMS, Form
from tocsin.dashboards.schedules import KeptReports, Plan, ScheduleBook, plan_of
from tocsin.dashboards.tables import ReportScheduleRow
from tocsin.notifying import open_notifications
from tocsin.settings import Settings

schedules = typer.Typer(help="When reports of dashboards are made, and for whom.", no_args_is_help=True)
reports = typer.Typer(help="Reports that were made by schedule.", no_args_is_help=True)

_Dashboard = Annotated[str | None, typer.Argument(help="Id of a dashboard; default: all.")]
_Ids = Annotated[list[str], typer.Argument(help="Ids, as `list` shows them.")]
_Cron = Annotated[str | None, typer.Option(help="Five fields of cron: '0 7 * * 1' is Mondays at seven.")]
_Name = Annotated[str | None, typer.Option(help="What the report is called.")]
_Zone = Annotated[str | None, typer.Option(help="By whose clock, such as Europe/Berlin; default: UTC.")]
_From = Annotated[str | None, typer.Option("--from", help="Begin of the span; default: the dashboard's.")]
_To = Annotated[str | None, typer.Option("--to", help="End of the span; default: the dashboard's.")]
_Format = Annotated[str | None, typer.Option("--format", help="pdf, png or html; default: pdf.")]
_Filters = Annotated[list[str] | None, typer.Option("--filter", help="Query that narrows the events.")]
_Channels = Annotated[list[str] | None, typer.Option("--channel", help="Channel it is sent to, see notify.")]
_Keep = Annotated[bool | None, typer.Option("--keep/--no-keep", help="Keep the file here; default: yes.")]


@dataclass(frozen=True, slots=True)
class _Opened:
    tx: Session
    book: ScheduleBook
    kept: KeptReports
    viewer: Viewer


@schedules.command(name="list")
def list_(
    dashboard: _Dashboard = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List the schedules with their next time and what became of their last report.

    Example: tocsin dashboards schedules list authentication
    """
    with _opened(settings_of(data, config)) as on:
        rows = on.book.list(on.tx, dashboard, on.viewer)
    if json_:
        print_json(list(map(schedule_view, rows)))
        return
    for row in rows:
        console().print(_line(row))
    if not rows:
        console().print("there are no schedules: see `tocsin dashboards schedules add --help`")


@schedules.command()
def add(  # noqa: PLR0917 - typer reads options from the parameters
    dashboard: Annotated[str, typer.Argument(help="Id, as `tocsin dashboards list` shows it.")],
    cron: Annotated[str, typer.Option(help="Five fields of cron: '0 7 * * 1' is Mondays at seven.")],
    name: _Name = None,
    zone: _Zone = None,
    since: _From = None,
    until: _To = None,
    format_: _Format = None,
    only: _Filters = None,
    channel: _Channels = None,
    keep: _Keep = None,
    owner: Annotated[str, typer.Option(help="Login with whose rights it is made; default: all rights.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Have reports of a dashboard made; a running platform does so from now on.

    Example: tocsin dashboards schedules add authentication --cron '0 7 * * 1' --zone Europe/Berlin
    --from now-1w/w --to now/w --channel soc-mail
    """
    given = _Given(cron, name, zone, since, until, format_, only, channel, keep)
    plan = given.onto(Plan(dashboard, cron))
    with _opened(settings_of(data, config), write=True) as on:
        row = on.book.add(on.tx, dashboard, plan, on.viewer, owner=owner)
    _shown(row, json_)


@schedules.command()
def change(  # noqa: PLR0917 - typer reads options from the parameters
    schedule: Annotated[str, typer.Argument(help="Id, as `list` shows it.")],
    cron: _Cron = None,
    name: _Name = None,
    zone: _Zone = None,
    since: _From = None,
    until: _To = None,
    format_: _Format = None,
    only: _Filters = None,
    channel: _Channels = None,
    keep: _Keep = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Change what is given of a schedule; filters and channels are replaced.

    Example: tocsin dashboards schedules change schedule_01m8 --cron '30 6 * * *' --format png
    """
    given = _Given(cron, name, zone, since, until, format_, only, channel, keep)
    with _opened(settings_of(data, config), write=True) as on:
        row = on.book.get(on.tx, schedule, on.viewer)
        row = on.book.change(on.tx, schedule, given.onto(plan_of(row)), on.viewer, version=row.version)
    _shown(row, json_)


@schedules.command()
def on(ids: _Ids, data: DataOption = None, config: ConfigOption = None) -> None:
    """Switch schedules on; what was missed is not made up for.

    Example: tocsin dashboards schedules on schedule_01m8
    """
    _switch(ids, settings_of(data, config), enabled=True)


@schedules.command()
def off(ids: _Ids, data: DataOption = None, config: ConfigOption = None) -> None:
    """Switch schedules off.

    Example: tocsin dashboards schedules off schedule_01m8
    """
    _switch(ids, settings_of(data, config), enabled=False)


@schedules.command()
def run(ids: _Ids, data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """Have reports made now: by the running platform within seconds, else at its next start.

    Example: tocsin dashboards schedules run schedule_01m8
    """
    with _opened(settings_of(data, config), write=True) as at:
        rows = [at.book.run_now(at.tx, each, at.viewer) for each in ids]
    if json_:
        print_json(list(map(report_view, rows)))
        return
    for row in rows:
        console().print(f"asked for {row.id}; see `tocsin dashboards reports list`")


@schedules.command()
def remove(ids: _Ids, data: DataOption = None, config: ConfigOption = None) -> None:
    """Take schedules away; for 30 days they can be restored. What they made stays.

    Example: tocsin dashboards schedules remove schedule_01m8
    """
    with _opened(settings_of(data, config), write=True) as at:
        for each in ids:
            at.book.delete(at.tx, each, at.viewer)
    console().print(f"removed {', '.join(ids)}; `restore` brings back")


@schedules.command()
def restore(ids: _Ids, data: DataOption = None, config: ConfigOption = None) -> None:
    """Bring removed schedules back.

    Example: tocsin dashboards schedules restore schedule_01m8
    """
    with _opened(settings_of(data, config), write=True) as at:
        for each in ids:
            at.book.restore(at.tx, each, at.viewer)
    console().print(f"restored {', '.join(ids)}")


@reports.command(name="list")
def list_reports(
    dashboard: _Dashboard = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, the newest.")] = 50,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List the reports made by schedule, the newest first.

    Example: tocsin dashboards reports list authentication --json
    """
    with _opened(settings_of(data, config)) as at:
        rows = at.kept.list(at.tx, at.viewer, dashboard_id=dashboard, limit=limit)
    if json_:
        print_json(list(map(report_view, rows)))
        return
    for row in rows:
        size = f"{row.size:,} bytes" if row.has_file else "no file"
        error = f": {row.error}" if row.error else ""
        console().print(
            f"{row.id}  {moment(row.asked_at)}  {row.status}  {row.form}  {size}  {row.title}{error}"
        )
    if not rows:
        console().print("there are no reports yet")


@reports.command()
def save(
    report: Annotated[str, typer.Argument(help="Id, as `list` shows it.")],
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the file of a report.

    Example: tocsin dashboards reports save report_01m8 logins.pdf
    """
    with _opened(settings_of(data, config)) as at:
        _, content = at.kept.file(at.tx, report, at.viewer)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InvalidError(f"{file} cannot be written: {error}") from error
    console().print(f"wrote {file}")


@reports.command(name="remove")
def remove_reports(ids: _Ids, data: DataOption = None, config: ConfigOption = None) -> None:
    """Take reports with their files away for good.

    Example: tocsin dashboards reports remove report_01m8
    """
    with _opened(settings_of(data, config), write=True) as at:
        for each in ids:
            at.kept.delete(at.tx, each, at.viewer)
    console().print(f"removed {', '.join(ids)}")


@dataclass(frozen=True, slots=True)
class _Given:
    """What was said on the command line; None was not."""

    cron: str | None
    name: str | None
    zone: str | None
    since: str | None
    until: str | None
    form: str | None
    only: list[str] | None
    channels: list[str] | None
    keep: bool | None

    def onto(self, plan: Plan) -> Plan:
        """Return the plan with what was said."""
        span = Span(
            plan.span.start if self.since is None else self.since,
            plan.span.end if self.until is None else self.until,
        )
        said: dict[str, Any] = {
            "cron": self.cron,
            "name": self.name,
            "zone": self.zone,
            "form": None if self.form is None else _form(self.form),
            "filters": None if self.only is None else tuple(self.only),
            "channels": None if self.channels is None else tuple(self.channels),
            "keep": self.keep,
        }
        return replace(plan, span=span, **{key: value for key, value in said.items() if value is not None})


def _form(text: str) -> Form:
    for known in FORMS:
        if text == known:
            return known
    raise InvalidError(f"{text!r} is no form of a report; known: {', '.join(FORMS)}")


def _switch(ids: list[str], settings: Settings, *, enabled: bool) -> None:
    with _opened(settings, write=True) as at:
        for each in ids:
            at.book.switch(at.tx, each, at.viewer, enabled=enabled)
    console().print(f"{', '.join(ids)}: {'on' if enabled else 'off'}")


def _shown(row: ReportScheduleRow, as_json: bool) -> None:
    if as_json:
        print_json(schedule_view(row))
    else:
        console().print(_line(row))


def _line(row: ReportScheduleRow) -> str:
    to = ", ".join([*row.channels, *(["kept here"] if row.keep else [])])
    state = f"next {moment(row.next_at)}" if row.enabled else f"off {row.stopped}".rstrip()
    last = "" if row.last_at is None else f"  last {row.last_status} {moment(row.last_at)}"
    when = f"'{row.cron}' {row.zone}"
    return f"{row.id}  {row.dashboard_id}  {row.name}  {when}  {row.form} to {to}  {state}{last}"


@contextmanager
def _opened(settings: Settings, *, write: bool = False) -> Iterator[_Opened]:
    db, clock = database_of(settings), SystemClock()
    try:
        audit = Audit(clock)
        folder = settings.data.expanduser().resolve()
        notifications, problems = open_notifications(settings, db, folder, clock, audit)
        print_problems(problems)
        shelf = load_shelf(content_folders(settings, "dashboards"))
        book = ScheduleBook(clock, audit, parties_of(clock, notifications, shelf))
        with db.write() if write else db.read() as tx:
            viewer = Viewer(operator(), sees_all=True)
            yield _Opened(tx, book, KeptReports(clock, audit), viewer)
    finally:
        db.close()
