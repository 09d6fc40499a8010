"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "Written from the code by `make docs`; do not edit."


def page(title: str, *parts: str) -> str:
    """Return a page with its title, the notice that it is generated, and its parts."""
    return "\n\n".join((f"# {title}", NOTICE, *parts)) + "\n"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; bars and line breaks in cells are made harmless."""
    lines = [_row(heading), "|" + "---|" * len(heading), *map(_row, rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """Return text as code; nothing for no text."""
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
