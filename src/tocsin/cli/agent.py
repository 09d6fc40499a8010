"""`tocsin agent`: enrol this host, run its agent, see how it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tocsin.agent import command
from tocsin.core.errors import TocsinError

app = typer.Typer(no_args_is_help=True, help="The agent on this host: enrol it, run it, see how it is.")

Config = Annotated[Path | None, typer.Option(help="TOML file with an \\[agent] table.")]
State = Annotated[Path | None, typer.Option(help="State folder, instead of the one in the settings.")]


@app.command()
def enrol(  # noqa: PLR0917 - typer reads options from the parameters
    server: Annotated[str, typer.Option(help="Address of the server, https://host[:port].")] = "",
    token: Annotated[
        str, typer.Option(envvar=command.TOKEN_VARIABLE, help="Enrolment token; ps shows it when given here.")
    ] = "",
    name: Annotated[str, typer.Option(help="How the host is called in the console.")] = "",
    ca: Annotated[str, typer.Option(help="PEM file of the authorities to trust.")] = "",
    config: Config = None,
    state: State = None,
) -> None:
    """Join a server: trade a token for this agent's own key."""
    with _errors_said():
        settings = command.settings_for(config, state)
        identity = command.enrol(settings, server=server, token=token, name=name, ca=ca)
        typer.echo(f"enrolled as {identity.agent_id}; start it with `tocsin agent run`")


@app.command()
def run(config: Config = None, state: State = None) -> None:
    """Collect and send until told to stop. `python -m tocsin.agent run` does the same in less memory."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with _errors_said():
        raise typer.Exit(command.run(command.settings_for(config, state)))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    config: Config = None,
    state: State = None,
) -> None:
    """Say how the agent on this host is; exit status 0 only while it runs."""
    with _errors_said():
        found = command.status(command.settings_for(config, state))
        typer.echo(msgspec.json.encode(found).decode() if as_json else command.describe(found))
        raise typer.Exit(0 if found["state"] == "running" else 3)


@contextmanager
def _errors_said() -> Iterator[None]:
    try:
        yield
    except TocsinError as error:
        typer.echo(f"tocsin agent: {error}", err=True)
        raise typer.Exit(2) from error
