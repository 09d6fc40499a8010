"""Events as a Parquet file: typed columns, in order of time, however many there are."""

# ruff: noqa: S608  # names of columns are quoted; every value from outside is a parameter
from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson

from tocsin.core.event import Event
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP
from tocsin.query.values import text_of
from tocsin.store.base import FieldSeen, StoreError

_OWN = {TIMESTAMP: "TIMESTAMP", EVENT_ID: "VARCHAR", MESSAGE: "VARCHAR", "event.source": "VARCHAR"}
_TYPES = {"long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
_MEMORY = "256MB"


def write_parquet(
    path: Path,
    batches: Iterable[Sequence[Event]],
    columns: Sequence[str],
    seen: Sequence[FieldSeen],
    heard: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the events' columns; returns how many events.

    A number or truth value has its type, unless some event holds another kind of value there: then all are
    text. A list is the text of its JSON. `heard` is told the events so far.
    Raises `StoreError` when the file cannot be written.
    """
    types = {field.name: _TYPES.get(field.type, "VARCHAR") for field in seen} | {"event.sequence": "BIGINT"}
    kinds = [_OWN.get(name) or types.get(name, "VARCHAR") for name in columns]
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".parquet-") as folder:
            config: dict[str, Any] = {"memory_limit": _MEMORY, "temp_directory": folder, "threads": 2}
            with duckdb.connect(f"{folder}/events.duckdb", config=config) as connection:
                return _write(connection, path, batches, columns, kinds, heard)
    except (duckdb.Error, OSError) as error:
        raise StoreError(f"{path} could not be written: {error}") from error


def _write(  # noqa: PLR0917 - the parts of one call
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    batches: Iterable[Sequence[Event]],
    columns: Sequence[str],
    kinds: Sequence[str],
    heard: Callable[[int], None],
) -> int:
    connection.execute("SET GLOBAL pandas_analyze_sample = 0")
    cells = [f"c{place}" for place in range(len(columns))]
    connection.execute(f"CREATE TABLE events ({', '.join(f'{cell} VARCHAR' for cell in cells)})")
    total = 0
    for batch in batches:
        incoming = {
            cell: np.array([_cell(event, name) for event in batch], dtype=object)
            for cell, name in zip(cells, columns, strict=True)
        }
        connection.register("incoming", incoming)
        connection.execute(f"INSERT INTO events SELECT {', '.join(cells)} FROM incoming")
        connection.unregister("incoming")
        total += len(batch)
        heard(total)
    named = [
        f"{_cast(cell, kind)} AS {_quoted(name.removeprefix('@'))}"
        for cell, kind, name in zip(cells, _fitting(connection, cells, kinds), columns, strict=True)
    ]
    target = str(path).replace("'", "''")
    connection.execute(
        f"COPY (SELECT {', '.join(named)} FROM events) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return total


def _fitting(connection: duckdb.DuckDBPyConnection, cells: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Return the types, text instead of those that not every value has."""
    misfits = [
        f"count(*) FILTER (TRY_CAST({cell} AS {kind})::VARCHAR IS DISTINCT FROM {cell})"
        if kind in _TYPES.values()
        else "0"
        for cell, kind in zip(cells, kinds, strict=True)
    ]
    counts = connection.execute(f"SELECT {', '.join(misfits)} FROM events").fetchall()[0]
    return ["VARCHAR" if count else kind for count, kind in zip(counts, kinds, strict=True)]


def _cast(cell: str, kind: str) -> str:
    if kind == "VARCHAR":
        return cell
    return f"make_timestamp({cell}::BIGINT)" if kind == "TIMESTAMP" else f"{cell}::{kind}"


def _cell(event: Event, name: str) -> str | None:
    match name:
        case "@timestamp":
            return str(event.at)
        case "_id":
            return event.id
        case "message":
            return event.message.encode("utf-8", "replace").decode()
        case "event.source":
            return event.source
        case "event.sequence":
            return str(event.seq)
    value = event.fields.get(name)
    if value is None:
        return None
    return orjson.dumps(value).decode() if isinstance(value, list) else text_of(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
