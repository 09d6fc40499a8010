"""`tocsin silence`: keep a rule quiet for a while, on the platform of this machine, running or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from tocsin.accounts.audit import Audit
from tocsin.cli.kept import database_of, rules_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.core.clock import MINUTE, SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import NotFoundError
from tocsin.detect.mutes import MuteService


def run(  # noqa: PLR0917 - typer reads options from the parameters
    rule: Annotated[str | None, typer.Argument(help="The rule's id; without, list what is silenced.")] = None,
    hours: Annotated[float, typer.Option(help="So many hours.")] = 0,
    minutes: Annotated[float, typer.Option(help="So many minutes.")] = 0,
    key: Annotated[str, typer.Option(help="Only this value of the rule's key.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for those who ask later.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="End the silence.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Keep a detection rule quiet: its matches are counted and open no alert. It takes effect at once.

    Example: tocsin silence ssh-brute-force --hours 2 --key 192.0.2.1 --reason "pentest until noon"
    """
    settings = settings_of(data, config)
    database = database_of(settings)
    clock = SystemClock()
    mutes = MuteService(clock, Audit(clock))
    try:
        if rule is not None:
            rules_of(settings, database).check_name(rule)
            wanted = _Wanted(rule, key, round((hours * 60 + minutes) * MINUTE), reason)
            _change(database, mutes, wanted, lift=lift)
        with database.read() as tx:
            found = mutes.list(tx, rule)
    finally:
        database.close()
    if json_:
        print_json(found)
        return
    for mute in found:
        only = f" for {mute.group_key!r}" if mute.group_key else ""
        why = f": {mute.reason}" if mute.reason else ""
        console().print(f"{mute.rule_id}{only} until {moment(mute.until_at)} by {mute.created_by}{why}")
    if not found:
        console().print("no rule is silenced" if rule is None else f"{rule} is not silenced")


@dataclass(frozen=True, slots=True)
class _Wanted:
    rule: str
    key: str
    span: int
    reason: str


def _change(database: Database, mutes: MuteService, wanted: _Wanted, *, lift: bool) -> None:
    actor = operator()
    if not lift and wanted.span == 0:
        return
    with database.write() as tx:
        if not lift:
            mutes.mute(tx, wanted.rule, actor, span=wanted.span, group_key=wanted.key, reason=wanted.reason)
        elif not mutes.lift(tx, wanted.rule, wanted.key, actor):
            raise NotFoundError(f"{wanted.rule!r} is not silenced")
