"""The `tocsin` command: each group of commands in its own module, loaded when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

import tocsin
from tocsin.core.errors import TocsinError

app = typer.Typer(
    name="tocsin",
    help="Security incident response: logs in, alerts and cases out, closed with reasons or escalated.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_GROUPS = {
    "agent": "tocsin.cli.agent",
    "rules": "tocsin.cli.rules",
    "intel": "tocsin.cli.intelligence",
    "store": "tocsin.cli.store",
    "pipelines": "tocsin.cli.pipelines",
    "exceptions": "tocsin.cli.exceptions",
    "dashboards": "tocsin.cli.dashboards",
    "detections": "tocsin.cli.detections",
    "notify": "tocsin.cli.notify",
}
_COMMANDS = {
    "logtest": "tocsin.cli.logtest",
    "silence": "tocsin.cli.silence",
    "sources": "tocsin.cli.sources",
    "backtest": "tocsin.cli.backtest",
}
"""Modules of single commands; each has the command as its `run`."""
_PLAIN = frozenset({"up", "demo", "import", "hunt", "version"})

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything that is kept.", envvar="TOCSIN_DATA")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default: tocsin.toml in the working folder.")
]


@app.command()
def up(
    data: DataOption = None,
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Run the platform until it is told to stop (Ctrl-C or SIGTERM).

    Example: tocsin up --data /var/lib/tocsin --port 8642
    """
    from tocsin.cli.server import run_server

    raise typer.Exit(run_server(config, data=data, host=host, port=port))


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the story; status 0 only if every outcome came about.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the console; 0 takes a free one.")] = 0,
) -> None:
    """Run the platform on loopback with a temporary folder and an agent on this host, and tell a story.

    Example: tocsin demo --exit
    """
    from tocsin.demo.run import run_demo

    raise typer.Exit(run_demo(stay=not leave, port=port))


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Log files to read; .gz works too.")],
    format_: Annotated[str, typer.Option("--format", help="auto, syslog, jsonl, csv or evtx.")] = "auto",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Put log files through the whole pipeline. Importing a file twice changes nothing.

    Example: tocsin import /var/log/auth.log --data ./data
    """
    from tocsin.cli.import_ import import_files

    raise typer.Exit(import_files(files, format_, data=data, config=config, as_json=json_))


@app.command()
def hunt(  # noqa: PLR0917 - typer makes options of arguments
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files and folders: EVTX, JSON, CSV, log lines; also in .gz, .zst, .xz, .zip."),
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", "-r", help="Folder or file of Sigma and ElastAlert rules; default: ours."),
    ] = None,
    mapping: Annotated[
        list[Path] | None,
        typer.Option("--mapping", "-m", help="Table of log sources and field names, on top of ours."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON line for each match.")] = False,
    csv_: Annotated[bool, typer.Option("--csv", help="Print a CSV row for each match.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print the matches in order of time.")] = False,
    level: Annotated[
        str, typer.Option(help="Rules of at least this level: informational, low, medium, high, critical.")
    ] = "informational",
    tag: Annotated[
        list[str] | None, typer.Option(help="Rules with one of these tags, such as t1059 or execution.")
    ] = None,
    since: Annotated[str, typer.Option("--from", help="Events from this time on, in UTC.")] = "",
    until: Annotated[str, typer.Option("--to", help="Events before this time, in UTC.")] = "",
    jobs: Annotated[int, typer.Option(min=0, help="Files at a time; 0 decides by their size.")] = 0,
    fail: Annotated[bool, typer.Option("--fail", help="Status 3 when anything matches.")] = False,
    deprecated: Annotated[
        bool, typer.Option("--deprecated", help="Also run rules that are deprecated or unsupported.")
    ] = False,
) -> None:
    """Run rules straight over files, with no platform running.

    Prints figures per rule, severity and ATT&CK technique. Status 1 when a file could not be read to its end.

    Example: tocsin hunt --rules sigma/rules --timeline --level high evidence/
    """
    from tocsin.cli.hunt import HuntCall
    from tocsin.cli.hunt import hunt as run_hunt

    forms = [form for form, asked in (("json", json_), ("csv", csv_), ("timeline", timeline)) if asked]
    if len(forms) > 1:
        raise typer.BadParameter("choose one of --json, --csv and --timeline")
    call = HuntCall(
        paths,
        rules or (),
        mapping or (),
        form=forms[0] if forms else "summary",
        level=level,
        tags=tag or (),
        since=since,
        until=until,
        jobs=jobs,
        fail=fail,
        deprecated=deprecated,
    )
    raise typer.Exit(run_hunt(call))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(tocsin.__version__)


def run() -> None:
    """Run the command line; an expected error is one line on stderr and status 2."""
    add_groups()
    try:
        app()
    except TocsinError as error:
        typer.echo(f"tocsin: {error}", err=True)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("tocsin"):
            raise
        typer.echo(
            f"tocsin: this needs the platform's parts: pip install 'tocsin[server]' ({error})", err=True
        )
        sys.exit(2)


def add_groups() -> None:
    """Add the command groups, unless the command is none of theirs: they take seconds to load.

    Those that need `tocsin[server]` are left out where it is not installed.
    """
    wanted = sys.argv[1] if sys.argv[1:2] else ""
    if wanted in _PLAIN:
        return
    for name, module in (_GROUPS | _COMMANDS).items():
        if wanted in _COMMANDS and name != wanted:
            continue
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("tocsin"):
                raise
            continue
        if name in _COMMANDS:
            app.command(name=name)(found.run)
        else:
            app.add_typer(found.app, name=name)
