"""What a field's value is known to mean: places of addresses, browsers, rows of the operator's own tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import ua_parser

from tocsin.core.event import Event
from tocsin.core.geoip import GeoDatabase, part
from tocsin.ingest.processors.draft import Processor, Unable, read_text, write

MAX_TABLE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
_LONGEST_AGENT = 1_000
_PLACES = {
    "country_iso_code": ("country", "iso_code"),
    "country_name": ("country", "names", "en"),
    "continent_code": ("continent", "code"),
    "city_name": ("city", "names", "en"),
}


def geoip(field: str, path: Path, into: str = "") -> Processor:
    """Return the processor that looks an address up in a MaxMind database on this machine.

    Places go to `INTO.geo.*`, networks to `INTO.as.*`; `into` is what the field belongs to (`source` for
    `source.ip`) unless given. Raises `ContentError` when the file is no such database.
    """
    database = GeoDatabase(path)
    base = into or field.rpartition(".")[0] or field

    def run(event: Event) -> None:
        try:
            found = database.find(read_text(event, field))
        except ValueError as error:
            raise Unable(f"{field} is not an address to look up") from error
        for name, value in _place(found).items():
            write(event, f"{base}.{name}", value)

    return run


def _place(found: Mapping[str, Any]) -> dict[str, Any]:
    place = {f"geo.{name}": part(found, *path) for name, path in _PLACES.items()}
    latitude, longitude = part(found, "location", "latitude"), part(found, "location", "longitude")
    if latitude is not None and longitude is not None:
        place["geo.location"] = f"{latitude},{longitude}"
    place["as.number"] = found.get("autonomous_system_number")
    place["as.organization.name"] = found.get("autonomous_system_organization")
    return {name: value for name, value in place.items() if isinstance(value, str | int | float)}


def user_agent(field: str, into: str = "user_agent") -> Processor:
    """Return the processor that reads browser, system and device out of a User-Agent header."""

    def run(event: Event) -> None:
        for name, value in _agent(read_text(event, field)[:_LONGEST_AGENT]):
            write(event, f"{into}.{name}", value)

    return run


@lru_cache(maxsize=10_000)
def _agent(text: str) -> tuple[tuple[str, str], ...]:
    parsed = ua_parser.parse(text)
    browser, system, device = parsed.user_agent, parsed.os, parsed.device
    found = {
        "name": browser.family if browser else "",
        "version": _version(browser),
        "os.name": system.family if system else "",
        "os.version": _version(system),
        "device.name": device.family if device else "",
    }
    return tuple((name, value) for name, value in found.items() if value)


def _version(part: Any) -> str:
    if part is None:
        return ""
    numbers = (part.major, part.minor, part.patch)
    return ".".join(number for number in numbers if number)


Table = Mapping[str, Mapping[str, str]]
"""Rows by the value of their key column."""


def read_table(path: Path, key: str) -> Table:
    """Read a CSV file with a header line; of rows with the same key the first counts. Raises `ValueError`."""
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_TABLE_BYTES // 1024**2} MiB")
    table: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, restkey="", restval="")
        if key not in (rows.fieldnames or ()):
            raise ValueError(f"{path.name} has no column {key!r}")
        for row in rows:
            if "" in row:
                raise ValueError(f"{path.name}:{rows.line_num}: more values than columns")
            table.setdefault(row[key].lower(), {name: value for name, value in row.items() if value})
            if len(table) > MAX_ROWS:
                raise ValueError(f"{path.name} has more than {MAX_ROWS} rows")
    return table


def lookup(field: str, table: Table, into: str, *, default: str | None = None) -> Processor:
    """Return the processor that adds the other columns of the field's row under `INTO.`, case ignored.

    Without a row it writes `default` to `INTO.found` when one is given, else leaves the event alone.
    """

    def run(event: Event) -> None:
        row = table.get(read_text(event, field).lower())
        if row is None:
            if default is not None:
                write(event, f"{into}.found", default)
            return
        for name, value in row.items():
            write(event, f"{into}.{name}", value)

    return run
