"""The audit trail, written and read beside a platform that may be running on the same folder.

Apart from the other commands because it needs the relational database, which takes a second to load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from tocsin.accounts import Audit
from tocsin.accounts.audit import AuditEntry, AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import TocsinError
from tocsin.migrations import upgrade
from tocsin.settings import Settings

_RELOAD_WAIT_S = 120.0
_LOOK_EVERY_S = 0.1

Record = Callable[[Actor, str, str, str, Mapping[str, Any]], None]
"""Notes who did what to which kind of thing, its name, and the details."""


class ReloadError(TocsinError):
    """No reload came about."""

    code = "reload"


@contextmanager
def recording(settings: Settings) -> Iterator[Record]:
    """Yield what notes changes; all of them are kept when the block ends, or none."""
    with _opened(settings) as (db, audit), db.write() as tx:
        yield partial(_record, audit, tx)


@contextmanager
def reloads(settings: Settings) -> Iterator[Callable[[], dict[str, Any]]]:
    """Yield what waits for the next reload and returns its details; raises `ReloadError` when none comes."""
    with _opened(settings) as (db, audit):
        before = _newest(db, audit)
        yield partial(_awaited, db, audit, before.id if before else 0)


def _record(  # noqa: PLR0917 - who, what, of which kind, to what: the parts of an entry
    audit: Audit, tx: Session, actor: Actor, action: str, kind: str, subject: str, details: Mapping[str, Any]
) -> None:
    audit.record(tx, actor, action, kind=kind, subject=subject, details=details)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Database, Audit]]:
    folder = settings.data.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database(settings.database or f"sqlite:///{folder}/tocsin.db")
    try:
        upgrade(db)
        yield db, Audit(SystemClock())
    finally:
        db.close()


def _newest(db: Database, audit: Audit) -> AuditEntry | None:
    with db.read() as tx:
        return next(iter(audit.entries(tx, AuditFilter(kind="ruleset", subject="analysis"), 1)), None)


def _awaited(db: Database, audit: Audit, after: int) -> dict[str, Any]:
    deadline = time.monotonic() + _RELOAD_WAIT_S
    while time.monotonic() < deadline:
        found = _newest(db, audit)
        if found is not None and found.id > after:
            return dict(found.details)
        time.sleep(_LOOK_EVERY_S)
    raise ReloadError(f"the platform did not reload within {_RELOAD_WAIT_S:.0f} s: see its log")
