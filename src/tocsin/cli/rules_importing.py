"""`tocsin rules import`: a Wazuh ruleset into the platform's content store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.printing import console, described, print_json, print_problems
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.cli.rules_operating import operator
from tocsin.content import analysis_options, content_store, own_rules
from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError
from tocsin.rules.importing import Imported, Order, import_wazuh

_SHOWN = 20


def import_rules(  # noqa: PLR0917 - typer reads options from the parameters
    kind: Annotated[str, typer.Argument(help="What it is: wazuh.")],
    path: Annotated[Path, typer.Argument(help="A manager's folder, its etc or ruleset, or a bare folder.")],
    name: Annotated[str, typer.Option(help="Name of the set here; importing it again updates it.")] = "wazuh",
    version: Annotated[str, typer.Option(help="Its version; default: as far as the folder says.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come, change nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that were edited here since the last import.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Bring decoders, rules and lists of a Wazuh manager into the platform's content.

    Follows ossec.conf as to folders, excluded files and lists. Rules switched off stay off. What is
    refused is named and the rest is in force; a running platform takes it up within seconds.

    Example: tocsin rules import wazuh /var/ossec --dry-run
    """
    if kind != "wazuh":
        raise InvalidError(f"{kind!r} cannot be imported: wazuh can")
    settings, actor = settings_of(data, config), operator()
    store = content_store(settings)
    if not json_:
        typer.echo(f"reading {path} and checking what it holds ...", err=True)
    order = Order(path, name, str(actor), SystemClock().now(), version, dry_run, force)
    others = [*settings.content.rules, *store.folders()]
    ours = own_rules(settings, whole=False)
    report = import_wazuh(store, order, others, analysis_options(settings), unless_whole=ours)
    if not dry_run:
        from tocsin.cli.rules_trail import recording

        details = {"origin": str(path), "version": report.version, **_counts(report)}
        with recording(settings) as record:
            record(actor, "import", "ruleset", name, details)
    if json_:
        print_json({**asdict(report), "problems": [described(problem) for problem in report.problems]})
    else:
        _print(report, dry_run=dry_run)


def _counts(report: Imported) -> dict[str, int]:
    return {
        "added": len(report.added),
        "changed": len(report.changed),
        "removed": len(report.removed),
        "unchanged": report.unchanged,
        "kept": len(report.kept),
        "problems": len(report.problems),
    }


def _print(report: Imported, *, dry_run: bool) -> None:
    out = console()
    print_problems(report.problems)
    if report.conf:
        out.print(f"settings followed: {report.conf}")
    for title, names in (
        ("added", report.added),
        ("changed", report.changed),
        ("removed", report.removed),
        ("edited here, kept (--force overwrites)", report.kept),
        ("left out by the settings", report.left_out),
    ):
        if names:
            shown = "" if len(names) <= _SHOWN else f" and {len(names) - _SHOWN} more"
            out.print(f"{title}: {len(names)}")
            out.print(f"    {', '.join(names[:_SHOWN])}{shown}")
    if report.unchanged:
        out.print(f"unchanged: {report.unchanged}")
    version = f" {report.version}" if report.version else ""
    out.print(
        f"{report.name}{version}: {report.rules} rules, {report.decoders} decoder files, "
        f"{report.lists} lists, {len(report.problems)} problems"
    )
    if report.is_whole:
        out.print("It is a whole ruleset: decoders and rules of our own step back (content.own_rules)")
    out.print("nothing was changed (dry run)" if dry_run else f"kept in {report.folder}")
