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
}
_COMMANDS = {"logtest": "tocsin.cli.logtest"}
"""Modules of single commands; each has the command as its `run`."""
_PLAIN = frozenset({"up", "demo", "import", "version"})

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
