"""The command line: every command with its arguments and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from tocsin.cli.main import add_groups, app
from tocsin.cli.reference.markdown import code, page, table

_EXAMPLE = re.compile(r"\s*Example: (?P<command>.+)", re.DOTALL)


def command_page() -> str:
    """Return the page of commands."""
    add_groups()
    root = typer.main.get_command(app)
    introduction = "An expected error is one line on stderr and status 2. Every command has `--help`."
    return page("Commands", introduction, *_described("tocsin", root))


def _described(name: str, command: Any) -> Iterator[str]:
    """Yield the parts of a command and of those below it; Typer hides their types."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield f"## {name}"
        yield from _own(command)
    for below in sorted(inner):
        yield from _described(f"{name} {below}", inner[below])


def _own(command: Any) -> Iterator[str]:
    text = command.help or ""
    example = _EXAMPLE.search(text)
    yield _EXAMPLE.sub("", text).strip()
    if example:
        yield f"    {' '.join(example['command'].split())}"
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    if rows:
        yield table(("argument", "default", "meaning"), rows)


def _parameter(parameter: Any) -> tuple[str, ...]:
    if parameter.param_type_name == "argument":
        more = "..." if parameter.nargs != 1 else ""
        return f"{code(parameter.name.upper())}{more}", "", _meaning(parameter)
    shown = "" if parameter.default in (None, False, "") else str(parameter.default)
    return code(", ".join(parameter.opts)), code(shown), _meaning(parameter)


def _meaning(parameter: Any) -> str:
    variable = f" Environment: `{parameter.envvar}`." if parameter.envvar else ""
    return (parameter.help or "").replace("\\[", "[") + variable
