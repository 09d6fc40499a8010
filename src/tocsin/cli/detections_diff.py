"""Compare a stored detection with a file, over the log of a platform that does not run."""

from __future__ import annotations

from pathlib import Path

from tocsin.accounts import Audit
from tocsin.api.rule_switches import comparison_view
from tocsin.cli.backtest import bounds_of
from tocsin.cli.kept import database_of, detection_of, history_of, store_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.core.errors import InvalidError
from tocsin.detect.comparison import Change, Comparison
from tocsin.detect.editing import Draft, Editor
from tocsin.detect.rehearsal import Rehearsals
from tocsin.settings import Settings


def compared(settings: Settings, rule_id: str, file: Path, span: tuple[str, str], *, as_json: bool) -> bool:
    """Print what the edit changes; returns whether it changes anything."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{file} cannot be read: {error}") from error
    found = _compare(settings, rule_id, text, span)
    if as_json:
        print_json(comparison_view(found))
    else:
        _tell(found)
    return bool(found.new_alerts or found.gone_alerts or found.new_events or found.gone_events)


def _compare(settings: Settings, rule_id: str, text: str, span: tuple[str, str]) -> Comparison:
    database = database_of(settings)
    try:
        detection = detection_of(settings, database)
        with store_of(settings) as store:
            rehearsals = Rehearsals(history_of(store), lambda: detection.rules, database, detection.clock)
            editor = Editor(detection, rehearsals, Audit(detection.clock))
            with database.read() as tx:
                after = editor.check(tx, Draft(text, rule_id=rule_id), with_cases=False).subject
            bounds = bounds_of(settings, *span, samples=0)
            return rehearsals.compare(rehearsals.stored(rule_id), after, bounds)
    finally:
        database.close()


def _tell(found: Comparison) -> None:
    out = console()
    out.print(f"{found.events} events; {found.before.alerts} alerts before, {found.after.alerts} after")
    if not found.complete:
        out.print(f"ended early: the bound of {found.stopped_by} was reached")
    for day, (before, after) in found.days.items():
        out.print(f"  {day}  {before:>7} {after:>7}")
    for sign, changes in (("+", found.new), ("-", found.gone)):
        for change in changes:
            out.print(_line(sign, change))
    out.print(
        f"{found.new_alerts} alerts new, {found.gone_alerts} gone, {found.same_alerts} the same; "
        f"{found.new_events} events new, {found.gone_events} gone"
    )


def _line(sign: str, change: Change) -> str:
    ids = ", ".join(change.event_ids[-3:])
    return f"{sign} {moment(change.at)}  {change.title} [{change.group_key}]: {ids}"
