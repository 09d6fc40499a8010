"""`tocsin rules diff`: what an edit of a detection would change over the events that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of


def diff(  # noqa: PLR0917 - typer reads options from the parameters
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the stored rule.")],
    file: Annotated[Path, typer.Argument(help="A file with the edited text.")],
    since: Annotated[
        str, typer.Option("--from", help="Events from this time on, UTC; default: 7 days ago.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Events before this time, UTC; default: now.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Compare a detection with an edit over the kept events: alerts that would be new, that would vanish.

    Works on a data folder on which no platform runs; a running one is asked by POST /api/v1/rules/diff.
    Status 1 when the edit changes anything.

    Example: tocsin rules diff web-scan web-scan.yml --from 2026-11-01
    """
    from tocsin.cli.detections_diff import compared  # needs the log and the database

    differs = compared(settings_of(data, config), rule_id, file, (since, until), as_json=json_)
    raise typer.Exit(1 if differs else 0)
