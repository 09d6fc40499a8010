"""`python -m tocsin.agent`: the agent with nothing loaded that it does not need.

The full `tocsin` command costs some 20 MB more, which an endpoint need not pay for.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tocsin.agent import command
from tocsin.core.errors import TocsinError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        settings = command.settings_for(given.config, given.state)
        if given.command == "run":
            return command.run(settings)
        if given.command == "enrol":
            token = given.token or os.environ.get(command.TOKEN_VARIABLE, "")
            identity = command.enrol(settings, server=given.server, token=token, name=given.name, ca=given.ca)
            print(f"enrolled as {identity.agent_id}")  # noqa: T201 - what a command says
            return 0
        status = command.status(settings)
        text = msgspec.json.encode(status).decode() if given.json else command.describe(status)
        print(text)  # noqa: T201 - what a command says
        return 0 if status["state"] == "running" else 3
    except TocsinError as error:
        print(f"tocsin agent: {error}", file=sys.stderr)  # noqa: T201 - what a command says
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tocsin.agent", description="The Tocsin agent.")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="TOML file with an [agent] table")
    shared.add_argument("--state", type=Path, help="state folder, instead of the one in the settings")
    shared.add_argument("--verbose", action="store_true", help="log more")
    commands.add_parser("run", parents=[shared], help="collect and send until told to stop")
    enrol = commands.add_parser("enrol", parents=[shared], help="join a server")
    enrol.add_argument("--server", default="", help="address of the server, https://host[:port]")
    enrol.add_argument(
        "--token", default="", help=f"enrolment token; better in {command.TOKEN_VARIABLE}: ps shows this one"
    )
    enrol.add_argument("--name", default="", help="how the host is called in the console")
    enrol.add_argument("--ca", default="", help="PEM file of the authorities to trust")
    status = commands.add_parser("status", parents=[shared], help="say how the agent on this host is")
    status.add_argument("--json", action="store_true", help="as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
