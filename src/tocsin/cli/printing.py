"""How commands print: JSON for programs, plain lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import typer
from rich.console import Console

from tocsin.core.clock import to_iso
from tocsin.core.errors import Problem


def described(problem: Problem) -> dict[str, str | int]:
    """Return a problem as plain values."""
    place = problem.location
    return {"file": place.path, "line": place.line, "subject": problem.subject, "reason": problem.reason}


def print_json(document: Any) -> None:
    """Print a document of plain values and structs."""
    typer.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def print_problems(problems: Sequence[Problem]) -> None:
    """Print a line for each."""
    for problem in problems:
        console().print(str(problem))


def console() -> Console:
    """Return a console that prints text as it is, whatever a log or a rule holds."""
    return Console(markup=False, highlight=False, soft_wrap=True)


def moment(at: int | None) -> str:
    """Return an instant for people; a dash for none."""
    return "-" if at is None else to_iso(at)
