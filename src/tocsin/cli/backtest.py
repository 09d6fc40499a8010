"""`tocsin backtest`: what a rule would have said about the events that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tocsin.accounts.audit import Audit
from tocsin.cli.kept import database_of, rules_of, store_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.core.clock import DAY, SystemClock, from_iso
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.detect.budget import Budget, Gatekeeper
from tocsin.detect.rehearsal import Rehearsals, Steps
from tocsin.detect.report import Bounds, Report
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import switch
from tocsin.detect.subject import Subject
from tocsin.query.tree import Node
from tocsin.seams import Precedents
from tocsin.settings import Settings
from tocsin.store.base import EventStore, Selection


def run(  # noqa: PLR0917 - typer reads options from the parameters
    rule: Annotated[str, typer.Argument(help="A file with one rule, or the id of a stored rule.")],
    since: Annotated[
        str, typer.Option("--from", help="Events from this time on, UTC; default: 7 days ago.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Events before this time, UTC; default: now.")] = "",
    samples: Annotated[int, typer.Option(min=0, max=100, help="So many alerts are shown.")] = 5,
    enable: Annotated[
        bool, typer.Option("--enable", help="Switch the stored rule on when it keeps the budget of alerts.")
    ] = False,
    override: Annotated[
        str, typer.Option(help="With --enable: why it is switched on in spite of the budget.")
    ] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Try a rule on the events that are kept: alerts a day, top keys, samples, cost. Nothing is stored.

    Works on a data folder on which no platform runs; a running one is asked by POST /api/v1/rules/backtest.
    Status 1 when a bound (events, time) ended it before all was seen.

    Example: tocsin backtest new-rule.yml --from 2026-11-01 --to 2026-11-08
    """
    settings = settings_of(data, config)
    bounds = bounds_of(settings, since, until, samples)
    database = database_of(settings)
    try:
        rules = rules_of(settings, database)
        with store_of(settings) as store:
            rehearsals = _rehearsals(store, rules, database)
            subject = _subject(rehearsals, rule)
            report = _followed(rehearsals.run(subject, bounds), bounds, quiet=json_)
            if json_:
                from tocsin.api.backtests import report_view

                print_json(report_view(report))
            else:
                _tell(report)
            if enable:
                _enable(settings, database, rehearsals, subject, override)
    finally:
        database.close()
    raise typer.Exit(0 if report.complete else 1)


def _rehearsals(store: EventStore, rules: RuleSet, database: Database) -> Rehearsals:
    return Rehearsals(
        partial(_history, store), lambda: rules, database, SystemClock(), closed_as=Precedents(database)
    )


def _history(store: EventStore, condition: Node, start: int, end: int) -> Iterator[Event]:
    for batch in store.scan(Selection(condition, start, end)):
        yield from batch


def _subject(rehearsals: Rehearsals, rule: str) -> Subject:
    path = Path(rule)
    if not path.is_file():
        return rehearsals.stored(rule)
    try:
        return rehearsals.written(path.read_text(encoding="utf-8"), rule)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{rule} cannot be read: {error}") from error


def bounds_of(settings: Settings, since: str, until: str, samples: int) -> Bounds:
    """Return the range of a backtest; the last seven days unless said otherwise."""
    to_at = _instant(until, "--to") if until else SystemClock().now()
    from_at = _instant(since, "--from") if since else to_at - 7 * DAY
    wanted = settings.detect
    return Bounds(from_at, to_at, wanted.backtest_events, wanted.backtest_seconds, samples)


def _instant(text: str, option: str) -> int:
    try:
        return from_iso(text)
    except InvalidError as error:
        raise InvalidError(f"{option} {error.message}") from error


def _followed(steps: Steps, bounds: Bounds, *, quiet: bool) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("looking at events", total=bounds.to_at - bounds.from_at)
        for step in steps:
            if isinstance(step, Report):
                return step
            words = f"{step.events} events, {step.alerts} alerts, {moment(step.reached_at)}"
            bar.update(task, completed=step.reached_at - bounds.from_at, description=words)
    raise InvalidError("the backtest ended without a report")


def _enable(
    settings: Settings, database: Database, rehearsals: Rehearsals, subject: Subject, override: str
) -> None:
    """Switch a stored rule on, within the budget or with a reason; the audit trail keeps both."""
    if rehearsals.stored(subject.rule.id).rule.version != subject.rule.version:
        raise InvalidError(f"{subject.rule.id} is stored with another text: store this one first")
    clock, actor = SystemClock(), operator()
    budget = Budget(settings.detect.budget_alerts_per_day, settings.detect.budget_days)
    admission = Gatekeeper(rehearsals, budget, clock).admit(subject.rule.id, actor, override)
    with database.write() as tx:
        switch(tx, Audit(clock), subject.rule, actor, enabled=True, admission=admission)
    typer.echo(f"{subject.rule.id} is on from the next start", err=True)


def _tell(report: Report) -> None:
    out = console()
    out.print(f"{report.rule_name} ({report.rule_id}), version {report.rule_version}")
    out.print(f"{report.events} events from {moment(report.from_at)} up to {moment(report.reached_at)}")
    if not report.complete:
        out.print(f"ended early: the bound of {report.stopped_by} was reached")
    held = f", {report.held_back} held back by exceptions" if report.held_back else ""
    out.print(f"{report.matched} matches{held}; {report.alerts} alerts, {report.busiest} on the busiest day")
    for day in report.days:
        out.print(f"  {day.day}  {day.alerts:>7}")
    if report.top_keys:
        out.print("loudest keys: alerts, events")
    for key in report.top_keys:
        out.print(f"  {key.alerts:>7} {key.events:>9}  {key.group_field} {key.group_key}".rstrip())
    for sample in report.samples:
        out.print(f"{moment(sample.at)}  {sample.title}: {', '.join(sample.event_ids[-3:])}")
    if report.closed_as:
        known = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.closed_as.items())
        out.print(f"by the last closed alert of the same key: {known}")
    out.print(f"{report.cpu_s:.2f} s of CPU, {report.cpu_s_per_million:.1f} s for a million events")
    for note in report.notes:
        out.print(f"note: {note}")
