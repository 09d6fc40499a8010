"""`tocsin notify`: channels, routes and the outbox of this machine's platform, running or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from tocsin.accounts.audit import Audit
from tocsin.api.notify_views import channel_view, judged_view, message_view, route_view
from tocsin.cases.tables import Alert, Case
from tocsin.cli.kept import database_of
from tocsin.cli.printing import console, print_json, print_problems
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.notify.errors import DeliveryError
from tocsin.notify.happenings import alert_happening, case_happening
from tocsin.notify.model import EVENTS, Happening
from tocsin.notify.outbox import STATUSES
from tocsin.notify.service import Notifications
from tocsin.notifying import open_notifications
from tocsin.settings import Settings

app = typer.Typer(help="Notifications: who is told by mail, chat and webhook.", no_args_is_help=True)


@app.command()
def channels(data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """List the channels, with the hosts they speak to; of secrets only which are set.

    Example: tocsin notify channels --json
    """
    with _opened(settings_of(data, config)) as (service, _):
        views = [channel_view(each) for _, each in sorted(service.directory.channels.items())]
    if json_:
        print_json(views)
        return
    for view in views:
        state = view["problem"] or ("on" if view["enabled"] else "off")
        where = "settings" if view["of_settings"] else "console"
        console().print(f"{view['name']}  {view['label']} at {', '.join(view['hosts'])}  {state}  ({where})")
    if not views:
        console().print("there are no channels: see docs/guide/notifications.md")


@app.command()
def routes(data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """List the routes.

    Example: tocsin notify routes
    """
    with _opened(settings_of(data, config)) as (service, _):
        found = service.directory
        views = [
            route_view(name, route, of_settings=name in found.of_settings)
            for name, route in sorted(found.routes.items())
        ]
    if json_:
        print_json(views)
        return
    for view in views:
        only = "".join(f", {key} {', '.join(view[key])}" for key in ("rules", "tags") if view[key])
        off = "" if view["enabled"] else " (off)"
        console().print(
            f"{view['name']}{off}: {', '.join(view['events'])} from {view['severity']}{only}"
            f" to {', '.join(view['channels'])}"
        )
    if not views:
        console().print("there are no routes: nobody is told unless a playbook does it")


@app.command(name="test")
def try_(
    name: Annotated[str, typer.Argument(help="The channel.")],
    to: Annotated[str, typer.Option(help="A mail address, for a channel without recipients.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Send a test message by a channel at once, past the outbox. Status 1 when it does not arrive.

    Example: tocsin notify test soc-mail
    """
    with _opened(settings_of(data, config)) as (service, _):
        try:
            service.test(name, operator(), to)
            error = ""
        except DeliveryError as failure:
            error = failure.message
    if json_:
        print_json({"channel": name, "sent": not error, "error": error or None})
    else:
        console().print(f"{name}: {error}" if error else f"{name}: the test was taken")
    if error:
        raise typer.Exit(1)


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="An alert's number or id, or a case's id.")],
    event: Annotated[str, typer.Option(help=f"One of {', '.join(EVENTS)}.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Say which routes tell of an alert or case, why or why not, and what was sent about it.

    Example: tocsin notify explain 42 --event alert.escalated
    """
    if event and event not in EVENTS:
        raise InvalidError(f"{event!r} is no event; known: {', '.join(EVENTS)}")
    with _opened(settings_of(data, config)) as (service, db):
        happening = _happening(db, subject, event)
        judged = [judged_view(each) for each in service.explained(happening)]
        with db.read() as tx:
            sent = [message_view(row) for row in service.outbox.of_subject(tx, happening.subject_id)]
    if json_:
        print_json({"event": happening.event, "routes": judged, "messages": sent})
        return
    console().print(f"{happening.event} of {happening.subject_type} {happening.number}: {happening.title}")
    for each in judged:
        verb = f"tells {', '.join(each['channels'])}" if each["matches"] else "does not tell"
        console().print(f"  {each['route']} {verb}: {'; '.join(each['reasons'])}")
    if not judged:
        console().print("  there are no routes")
    for each in sent:
        console().print(f"  {_line(each)}")


@app.command()
def outbox(
    status: Annotated[str, typer.Option(help="waiting, sent or dead; without: all.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, the newest.")] = 50,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List messages: what waits, what was sent, what was given up and why.

    Example: tocsin notify outbox --status dead
    """
    if status and status not in STATUSES:
        raise InvalidError(f"{status!r} is no status; known: {', '.join(STATUSES)}")
    with _opened(settings_of(data, config)) as (service, db), db.read() as tx:
        views = [message_view(row) for row in service.outbox.list(tx, status=status or None, limit=limit)]
        counts = service.outbox.counts(tx)
    if json_:
        print_json({"counts": counts, "items": views})
        return
    for view in views:
        console().print(_line(view))
    console().print(", ".join(f"{number} {name}" for name, number in counts.items()))


@app.command()
def retry(
    messages: Annotated[list[str], typer.Argument(help="Ids, as `outbox` shows them; `dead` for all dead.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Have messages tried again; a running platform does so soon.

    Example: tocsin notify retry dead
    """
    with _opened(settings_of(data, config)) as (service, db), db.write() as tx:
        wanted = messages
        if messages == ["dead"]:
            wanted = [row.id for row in service.outbox.list(tx, status="dead", limit=10_000)]
        for each in wanted:
            service.outbox.retry(tx, each, operator())
    console().print(f"{len(wanted)} to be tried again")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Notifications, Database]]:
    db, clock = database_of(settings), SystemClock()
    try:
        folder = settings.data.expanduser().resolve()
        service, problems = open_notifications(settings, db, folder, clock, Audit(clock))
        print_problems(problems)
        service.refresh(now=True)
        yield service, db
    finally:
        db.close()


def _happening(db: Database, subject: str, event: str) -> Happening:
    with db.read() as tx:
        if (case := tx.get(Case, subject)) is not None:
            return case_happening(event or "case.opened", case)
        alert = tx.get(Alert, subject)
        if alert is None and subject.isascii() and subject.isdigit() and len(subject) < 10:
            alert = tx.query(Alert).filter(Alert.number == int(subject)).one_or_none()
        if alert is None:
            raise NotFoundError(f"there is no alert or case {subject!r}")
        return alert_happening(event or "alert.opened", alert)


def _line(view: dict[str, Any]) -> str:
    when = view["sent_at"] or view["due_at"] or view["created_at"]
    why = f"  {view['error']}" if view["error"] else ""
    return f"{view['id']}  {view['status']:<7} {when}  {view['channel']}: {view['title']}{why}"
