"""`tocsin store status|verify|hold`: the days of the embedded log, whether the platform runs or not."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.store_opening import ConfigOption, DataOption, JSONOption, events_folder, holds_of, progress

if TYPE_CHECKING:
    from tocsin.store.holds import Hold
    from tocsin.store.states import Checked, DayState

hold_app = typer.Typer(help="Legal holds: events that no retention may delete.", no_args_is_help=True)


def status(data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """List the days of the embedded log: state, events, disk, checksum and holds.

    Beside a running platform the events of days that are written to are not known: it alone has counted them.

    Example: tocsin store status --data /var/lib/tocsin
    """
    from tocsin.store.parts import DayFolder
    from tocsin.store.states import journal_of, states

    root = events_folder(data, config)
    found = states(DayFolder(root / "days"), journal_of(root))
    if json_:
        print_json({"days": [_plain(one) for one in found]})
        return
    if not found:
        console().print("the log is empty: events make its days")
        return
    console().print(
        f"{'day':10}  {'events':>12}  {'MB':>9}  {'B/event':>7}  {'sha256':12}  {'holds':5}  state"
    )
    for one in found:
        console().print(_line(one))


def verify(data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False) -> None:
    """Compare the checksum of every sealed day with the one noted when it was sealed.

    Status 1 when a file is damaged, missing, or has no checksum to compare with.

    Example: tocsin store verify --json
    """
    from tocsin.store.parts import DayFolder
    from tocsin.store.states import journal_of, to_verify
    from tocsin.store.states import verify as verify_days

    root = events_folder(data, config)
    folder, journal = DayFolder(root / "days"), journal_of(root)
    total = sum(path.stat().st_size for path in folder.path.glob("*.sealed*.duckdb"))
    read = 0
    with progress("verifying", total, quiet=json_) as bar:

        def heard(size: int) -> None:
            nonlocal read
            read += size
            bar(read)

        checked = list(verify_days(folder, journal, heard))
    damaged = [one for one in checked if not one.is_sound]
    if json_:
        print_json({"days": [_verdict(one) for one in checked], "damaged": len(damaged)})
    else:
        for one in damaged:
            typer.echo(
                f"{one.file}: expected {one.expected or 'nothing'}, found {one.found or 'no file'}", err=True
            )
        if not to_verify(folder, journal):
            typer.echo("no day is sealed yet")
        else:
            typer.echo(f"{len(checked) - len(damaged)} of {len(checked)} sealed days are as they were sealed")
    raise typer.Exit(int(bool(damaged)))


@hold_app.command(name="add")
def add(  # noqa: PLR0917 - typer reads options from the parameters
    reason: Annotated[str, typer.Option("--reason", help="Why: it goes into the trail.")],
    query: Annotated[str, typer.Option("--query", help="Which events; empty: all of the time.")] = "",
    from_: Annotated[str, typer.Option("--from", help="From this day or instant on.")] = "",
    to: Annotated[str, typer.Option("--to", help="Before this instant; a day counts whole.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Put events under a hold: they are kept whatever the retention says, until it is removed.

    Example: tocsin store hold add --query "user.name:ann" --from 2026-11-01 --to 2026-11-07 --reason "case 7"
    """
    from tocsin.core.clock import SystemClock
    from tocsin.query.dates import parse_span
    from tocsin.store.holds import NewHold

    now = SystemClock().now()
    new = NewHold(
        reason,
        query,
        parse_span(from_, now=now)[0] if from_ else None,
        parse_span(to, now=now)[1] if to else None,
    )
    hold = holds_of(data, config).place(new, _who(), now)
    if json_:
        print_json(hold_view(hold))
        return
    console().print(f"hold {hold.id} is in force")


@hold_app.command(name="list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Removed ones too.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List the holds in force, with who placed them and why.

    Example: tocsin store hold list --all
    """
    holds = holds_of(data, config)
    found = holds.all() if every else holds.in_force()
    if json_:
        print_json({"holds": [hold_view(hold) for hold in found]})
        return
    if not found:
        console().print("no hold is in force: `tocsin store hold add --reason ...` places one")
    for hold in found:
        console().print(_described(hold))


@hold_app.command()
def remove(
    hold: Annotated[int, typer.Argument(help="Number of the hold.")],
    reason: Annotated[str, typer.Option("--reason", help="Why: it goes into the trail.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Remove a hold: the retention applies to its events again.

    Example: tocsin store hold remove 3 --reason "case 7 is closed"
    """
    from tocsin.core.clock import SystemClock

    lifted = holds_of(data, config).lift(hold, reason, _who(), SystemClock().now())
    if json_:
        print_json(hold_view(lifted))
        return
    console().print(f"hold {lifted.id} is removed")


def hold_view(hold: Hold) -> dict[str, object]:
    """Return a hold as plain values, its instants as text."""
    view: dict[str, object] = dict(msgspec.to_builtins(hold))
    return view | {
        name: None if view[name] is None else moment(getattr(hold, name))
        for name in ("from_at", "to_at", "placed_at", "lifted_at")
    }


def _who() -> str:
    return f"{getpass.getuser()} on this machine"


def _plain(state: DayState) -> dict[str, object]:
    view: dict[str, object] = dict(msgspec.to_builtins(state))
    sealed_at = None if state.sealed_at is None else moment(state.sealed_at)
    return view | {"bytes_per_event": state.bytes_per_event, "sealed_at": sealed_at}


def _verdict(one: Checked) -> dict[str, object]:
    return {**msgspec.to_builtins(one), "sound": one.is_sound}


def _line(one: DayState) -> str:
    events = "-" if one.events is None else f"{one.events:,}"
    each = "-" if one.bytes_per_event is None else f"{one.bytes_per_event:.0f}"
    digest = (one.sha256 or "-")[:12] + ("*" if one.adopted else "")
    state = one.state + ("; the checksum is of what was found after a loss" if one.adopted else "")
    size = f"{one.size_bytes / 1e6:,.1f}"
    return f"{one.day}  {events:>12}  {size:>9}  {each:>7}  {digest:12}  {_numbers(one.holds):5}  {state}"


def _numbers(holds: Sequence[int]) -> str:
    return ",".join(map(str, holds)) or "-"


def _described(hold: Hold) -> str:
    when = f"{moment(hold.from_at)} to {moment(hold.to_at)}"
    who = f"{hold.placed_by}, {moment(hold.placed_at)}"
    text = f"{hold.id}  {hold.query or 'every event'}  {when}  {who}: {hold.reason}"
    if hold.lifted_at is None:
        return text
    return f"{text}\n   removed by {hold.lifted_by}, {moment(hold.lifted_at)}: {hold.lift_reason}"
