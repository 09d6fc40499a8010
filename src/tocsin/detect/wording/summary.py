"""The table that tells how many matches an alert gathers per combination of fields."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from tocsin.detect.kinds.document import Document, lookup

MAX_WIDTH = 80
"""Of the ASCII table, in characters."""

Row = list[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How the table of a rule is drawn."""

    fields: tuple[str, ...]
    style: str = "ascii"
    headers: tuple[str, ...] = ()
    max_rows: int | None = None
    prefix: str = ""
    suffix: str = ""


def summarise(summary: Summary, matches: Sequence[Document]) -> str:
    """Return the table with what stands around it."""
    rows = _rows(summary, matches)
    shown = rows[: summary.max_rows]
    table = _STYLES[summary.style]([*(summary.headers or summary.fields), "count"], shown)
    text = table
    if summary.style != "html":
        names = [*summary.fields, "count"]
        text = f"{summary.prefix}\n" if summary.prefix else ""
        text += f"Aggregation resulted in the following data for summary_table_fields ==> {names}:\n\n"
        text += f"{table}\n\n"
    if summary.max_rows is not None:
        text += f"Showing top {summary.max_rows} rows\n"
    return text + summary.suffix


def _rows(summary: Summary, matches: Sequence[Document]) -> list[Row]:
    numbers: dict[tuple[str, ...], int] = {}
    for match in matches:
        key = tuple(str(lookup(match, name)) for name in summary.fields)
        numbers[key] = numbers.get(key, 0) + 1
    counted = list(numbers.items())
    if summary.max_rows is not None:
        counted.sort(key=lambda entry: -entry[1])
    return [[*key, str(number)] for key, number in counted]


def _ascii(headers: Row, rows: list[Row]) -> str:
    widths = _widths([headers, *rows])
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [rule, *_cells(headers, widths, centred=True), rule.replace("-", "=")]
    if not rows:
        lines.append(rule)
    for row in rows:
        lines += [*_cells(row, widths, centred=False), rule]
    return "\n".join(lines)


def _widths(rows: list[Row]) -> list[int]:
    """Return the width of each column; where they do not fit, the widest give way first."""
    widths = [
        max(len(line) for row in rows for line in row[column].expandtabs().split("\n"))
        for column in range(len(rows[0]))
    ]
    room = MAX_WIDTH - 3 * len(widths) - 1
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cells(row: Row, widths: list[int], *, centred: bool) -> list[str]:
    """Return the lines of one row, long cells wrapped."""
    columns = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, columns))
    lines = []
    for number in range(height):
        parts = [
            _aligned(column[number] if number < len(column) else "", width, centred=centred)
            for column, width in zip(columns, widths, strict=True)
        ]
        lines.append("| " + " | ".join(parts) + " |")
    return lines


def _wrapped(cell: str, width: int) -> list[str]:
    return [part for line in cell.expandtabs().split("\n") for part in (textwrap.wrap(line, width) or [""])]


def _aligned(text: str, width: int, *, centred: bool) -> str:
    if not centred:
        return text.ljust(width)
    spare = width - len(text)
    return " " * (spare // 2) + text + " " * (spare - spare // 2)


def _markdown(headers: Row, rows: list[Row]) -> str:
    lines = [f"| {' | '.join(headers)} |", "|" + "-----|" * len(headers)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


_PADDED = "padding-left: 1em; padding-right: 1em; text-align: center"


def _html(headers: Row, rows: list[Row]) -> str:
    lines = ['<table frame="box" rules="all">', "    <thead>", "        <tr>"]
    lines += [f'            <th style="{_PADDED}">{escape(name)}</th>' for name in headers]
    lines += ["        </tr>", "    </thead>", "    <tbody>"]
    for row in rows:
        lines.append("        <tr>")
        lines += [
            f'            <td style="{_PADDED}; vertical-align: top">{_lines(cell)}</td>' for cell in row
        ]
        lines.append("        </tr>")
    return "\n".join([*lines, "    </tbody>", "</table>"])


def _lines(cell: str) -> str:
    return escape(cell).replace("\n", "<br>")


_STYLES: dict[str, Callable[[Row, list[Row]], str]] = {"ascii": _ascii, "markdown": _markdown, "html": _html}
