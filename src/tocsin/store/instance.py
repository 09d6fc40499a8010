"""The DuckDB instance under an embedded log, and the lock that keeps a second one away."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import BinaryIO

import duckdb

from tocsin.query.sql_macros import MACROS
from tocsin.store.base import StoreError

Config = dict[str, str | bool | int | float | list[str]]


def config_of(root: Path, memory_limit: str, threads: int) -> Config:
    """Return how the instance of a log is set up."""
    return {
        "memory_limit": memory_limit,
        "threads": threads,
        "temp_directory": str(root / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "wal_autocheckpoint": "32MB",
        # What was written stays where it is. Merging row groups wrote four hundred thousand events again at
        # every third checkpoint: half of what commits cost, and seconds at a time. Sealing does it once.
        "max_vacuum_tasks": 0,
    }


def connect(config: Config) -> duckdb.DuckDBPyConnection:
    """Start an instance that understands our queries and has no file attached yet."""
    instance = duckdb.connect(":memory:", config=config)
    instance.execute("SET GLOBAL TimeZone = 'UTC'")
    # Arrays of text are text, whatever their first values are: no guessing of types.
    instance.execute("SET GLOBAL pandas_analyze_sample = 0")
    for macro in MACROS:
        instance.execute(macro)
    return instance


def claimed(root: Path) -> BinaryIO:
    """Return the locked file that says the folder is ours until it is closed; raises `StoreError`."""
    claim = (root / "claim").open("ab")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        claim.close()
        raise StoreError(f"the log under {root} is open in another process") from error
    return claim
