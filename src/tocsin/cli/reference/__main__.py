"""Write the reference pages into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from tocsin.cli.reference.pages import write_pages


def main(arguments: list[str]) -> int:
    """Write every page; returns the exit status."""
    if len(arguments) != 1:
        typer.echo("usage: python -m tocsin.cli.reference FOLDER", err=True)
        return 2
    for path in write_pages(Path(arguments[0])):
        typer.echo(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
