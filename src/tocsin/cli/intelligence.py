"""`tocsin intel`, opened on the folder and the settings that the command line names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.cli.intel import intel_commands
from tocsin.core.database import Database
from tocsin.intel import Intel
from tocsin.settings import load_settings


@contextmanager
def opened(data: Path | None, config: Path | None) -> Iterator[tuple[Database, Intel]]:
    """Yield the database and the indicators; a running platform takes up the changes within seconds."""
    from tocsin.app import open_intel

    overrides = {} if data is None else {"data": data}
    db, intel = open_intel(load_settings(config, **overrides))
    try:
        yield db, intel
    finally:
        db.close()


app = intel_commands(opened)
