"""`tocsin detections`: the rules that watch the log, looked at, switched many at once, compared."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from tocsin.accounts import Audit
from tocsin.cli.kept import database_of, detection_of, history_of, store_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_diff import diff
from tocsin.cli.rules_operating import operator
from tocsin.core.database import Database
from tocsin.detect.budget import Budget
from tocsin.detect.bulk import BulkSwitch, Plan
from tocsin.detect.choosing import RuleQuery
from tocsin.detect.editing import Editor
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.rule import level_of
from tocsin.detect.service import RuleService, RuleState
from tocsin.detect.versions import difference
from tocsin.folder import running_on
from tocsin.seams import Precedents
from tocsin.settings import Settings

app = typer.Typer(
    help="Detections: list them, switch many at once, see their versions, compare edits.",
    no_args_is_help=True,
)
app.command(name="diff")(diff)

_SHOWN = 20

IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids of rules.")]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", help="Of this tag or technique, such as t1059; again for more.")
]
LevelOption = Annotated[
    list[str] | None, typer.Option("--level", help="Of this level, such as high; again for more.")
]
LogsourceOption = Annotated[
    str, typer.Option(help="Of this log source, such as windows/process_creation or */dns_query.")
]
KindOption = Annotated[list[str] | None, typer.Option("--kind", help="Of this kind: sigma or elastalert.")]
PathOption = Annotated[str, typer.Option(help="With this in the path of the file.")]
TextOption = Annotated[str, typer.Option(help="With this in name, description or id.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be switched, change nothing.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the audit trail.")]


@app.command(name="list")
def list_(  # noqa: PLR0917 - typer reads options from the parameters
    ids: IdsArgument = None,
    tag: TagOption = None,
    level: LevelOption = None,
    logsource: LogsourceOption = "",
    kind: KindOption = None,
    path: PathOption = "",
    text: TextOption = "",
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Only those switched on, or off.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List detections with their figures, beside a running platform too; status 1 when there is none.

    Example: tocsin detections list --logsource windows/process_creation --level critical
    """
    wanted = _query(ids, tag, level, logsource, kind, path, text)
    with _opened(settings_of(data, config)) as opened, opened.database.read() as tx:
        found = [
            state
            for state in opened.detection.list(tx)
            if wanted.selects(state.rule) and (enabled is None or state.enabled == enabled)
        ]
    if json_:
        print_json([_plain(state) for state in found])
    else:
        for state in found:
            console().print(_line(state))
        console().print(f"{len(found)} detections")
    raise typer.Exit(0 if found else 1)


@app.command()
def enable(  # noqa: PLR0917 - typer reads options from the parameters
    ids: IdsArgument = None,
    tag: TagOption = None,
    level: LevelOption = None,
    logsource: LogsourceOption = "",
    kind: KindOption = None,
    path: PathOption = "",
    text: TextOption = "",
    dry_run: DryRunOption = False,
    override: Annotated[
        str, typer.Option(help="Why they are switched on although cases fail or they go over the budget.")
    ] = "",
    reason: ReasonOption = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Switch detections on, those that pass their cases and together keep the budget on the last days.

    Works on a data folder on which no platform runs; a running one is asked by POST /api/v1/rules/switches.

    Example: tocsin detections enable --tag t1059 --level high --dry-run
    """
    wanted = _query(ids, tag, level, logsource, kind, path, text)
    _switch(settings_of(data, config), wanted, _Order(True, dry_run, override, reason, json_))


@app.command()
def disable(  # noqa: PLR0917 - typer reads options from the parameters
    ids: IdsArgument = None,
    tag: TagOption = None,
    level: LevelOption = None,
    logsource: LogsourceOption = "",
    kind: KindOption = None,
    path: PathOption = "",
    text: TextOption = "",
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Switch detections off; it stays so when they are imported again. A running platform takes it up.

    Example: tocsin detections disable --logsource windows/dns_query --reason "too loud here"
    """
    wanted = _query(ids, tag, level, logsource, kind, path, text)
    _switch(settings_of(data, config), wanted, _Order(False, dry_run, "", reason, json_))


@app.command()
def undo(
    change: Annotated[str, typer.Argument(help="Id of the switch, as `enable` and `disable` print it.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Put every detection of a switch back to what it was before it.

    Example: tocsin detections undo switch_01k9...
    """
    settings = settings_of(data, config)
    with _opened(settings) as opened, opened.database.write() as tx:
        rules = len(opened.bulk.undo(tx, change, operator()).before)
    console().print(f"{rules} detections are as they were before {change}{_told(settings)}")


@app.command()
def versions(  # noqa: PLR0917 - typer reads options from the parameters
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the rule.")],
    compare: Annotated[
        tuple[int, int] | None, typer.Option("--diff", help="Show what changed between two versions.")
    ] = None,
    show: Annotated[int | None, typer.Option(help="Show the text of this version.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List the versions of a detection, the newest first; beside a running platform too.

    Example: tocsin detections versions web-scan --diff 1 2
    """
    with _opened(settings_of(data, config)) as opened, opened.database.read() as tx:
        kept = opened.detection.versions
        if compare is not None:
            console().print(difference(kept.get(tx, rule_id, compare[0]), kept.get(tx, rule_id, compare[1])))
        elif show is not None:
            console().print(kept.get(tx, rule_id, show).text)
        else:
            _print_versions(_versions(tx, opened.detection, rule_id), json_)


@dataclass(frozen=True, slots=True)
class _Opened:
    database: Database
    detection: RuleService
    bulk: BulkSwitch


@dataclass(frozen=True, slots=True)
class _Order:
    enabled: bool
    dry_run: bool
    override: str
    reason: str
    as_json: bool


@contextmanager
def _opened(settings: Settings, *, with_log: bool = False) -> Iterator[_Opened]:
    """Open the rules; with the log, which is needed to try them, only where no platform runs."""
    database = database_of(settings)
    try:
        detection = detection_of(settings, database)
        clock, audit = detection.clock, Audit(detection.clock)
        with store_of(settings) if with_log else nullcontext() as store:
            rehearsals = Rehearsals(
                history_of(store) if store is not None else lambda *_: (),
                lambda: detection.rules,
                database,
                clock,
                closed_as=Precedents(database),
            )
            budget = Budget(settings.detect.budget_alerts_per_day, settings.detect.budget_days)
            editor = Editor(detection, rehearsals, audit)
            yield _Opened(database, detection, BulkSwitch(detection, rehearsals, editor, budget, audit))
    finally:
        database.close()


def _query(  # noqa: PLR0917 - the options of a command, in their order
    ids: list[str] | None,
    tag: list[str] | None,
    level: list[str] | None,
    logsource: str,
    kind: list[str] | None,
    path: str,
    text: str,
) -> RuleQuery:
    return RuleQuery(
        ids=tuple(ids or ()),
        kinds=tuple(kind or ()),
        levels=tuple(level or ()),
        tags=tuple(tag or ()),
        logsource=logsource,
        path=path,
        text=text,
    )


def _switch(settings: Settings, wanted: RuleQuery, order: _Order) -> None:
    if wanted.is_empty:
        raise typer.BadParameter("say which detections are meant: ids, --tag, --level, --logsource, ...")
    with _opened(settings, with_log=order.enabled) as opened:
        with opened.database.read() as tx:
            plan = opened.bulk.plan(tx, wanted, order.enabled, order.override)
        change = ""
        if plan.change and not order.dry_run:
            with opened.database.write() as tx:
                change = opened.bulk.apply(tx, plan, operator(), order.override or order.reason).id
    if order.as_json:
        print_json(_plan(plan, change))
    else:
        _tell(plan, change)
        if change:
            console().print(f"undo with: tocsin detections undo {change}{_told(settings)}")
    raise typer.Exit(0 if plan.change or plan.unchanged else 1)


def _told(settings: Settings) -> str:
    """Have a running platform take the switches up; returns what is said of it."""
    pid = running_on(settings.data)
    if pid is None:
        return ""
    os.kill(pid, signal.SIGHUP)
    return " (the running platform was told)"


def _tell(plan: Plan, change: str) -> None:
    out = console()
    word = "on" if plan.enabled else "off"
    for rule in plan.change[:_SHOWN]:
        found = plan.surveyed.get(rule.id)
        expected = f": {found.alerts} alerts, {found.busiest} on the busiest day" if found else ""
        out.print(f"{word:>4}  {rule.name} ({rule.id}){expected}")
    if len(plan.change) > _SHOWN:
        out.print(f"      and {len(plan.change) - _SHOWN} more")
    for each in plan.refused:
        out.print(f"stays off  {each.rule.name} ({each.rule.id}): {each.reason}")
    would = "switched" if change else "would be switched"
    out.print(
        f"{len(plan.change)} {would} {word}, {len(plan.refused)} refused, {plan.unchanged} already {word}"
    )
    if plan.survey is not None:
        bound = f", ended by the bound of {plan.survey.stopped_by}" if plan.survey.stopped_by else ""
        out.print(
            f"tried on {plan.survey.events} events{bound}; "
            f"{plan.survey.busiest} alerts on the busiest day together"
        )


def _plan(plan: Plan, change: str) -> dict[str, Any]:
    return {
        "enabled": plan.enabled,
        "change": change or None,
        "rules": [rule.id for rule in plan.change],
        "refused": [{"id": each.rule.id, "reason": each.reason} for each in plan.refused],
        "unchanged": plan.unchanged,
    }


def _plain(state: RuleState) -> dict[str, Any]:
    rule = state.rule
    return {
        "id": rule.id,
        "name": rule.name,
        "kind": rule.kind,
        "level": level_of(rule),
        "logsource": rule.logsource or None,
        "enabled": state.enabled,
        "edited": state.edited,
        "version": rule.version,
        "matches": state.matches,
        "last_match_at": moment(state.last_match_at) if state.last_match_at else None,
        "techniques": list(rule.techniques),
        "tags": list(rule.tags),
        "path": rule.location.path,
    }


def _line(state: RuleState) -> str:
    rule, marks = state.rule, [] if state.enabled else ["off"]
    marks += ["edited here"] if state.edited else []
    note = f" ({', '.join(marks)})" if marks else ""
    return (
        f"{level_of(rule):<13} {rule.name}{note}  [{rule.id}]  "
        f"{state.matches} matches, last {moment(state.last_match_at)}"
    )


def _versions(tx: Session, detection: RuleService, rule_id: str) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "version": row.version,
            "origin": row.origin,
            "saved_by": row.saved_by,
            "saved_at": moment(row.saved_at),
            "note": row.note,
        }
        for row in detection.versions.list(tx, rule_id)
    ]


def _print_versions(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        console().print(
            f"{row['number']:>4}  {row['version']}  {row['saved_at']}  {row['origin']:<8} "
            f"{row['saved_by']}: {row['note']}"
        )
    if not rows:
        console().print("there are no versions of such a rule")
