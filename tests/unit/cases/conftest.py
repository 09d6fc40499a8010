"""A desk with a clock that stands still and a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.accounts import Audit
from tocsin.cases import AlertService, CaseService, CaseSettings, FileStore
from tocsin.core.actor import Actor
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.core.detection import Clause, Detection, EventRef

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")


@dataclass(frozen=True, slots=True)
class Desk:
    """The services under test and what they stand on."""

    db: Database
    clock: ManualClock
    audit: Audit
    alerts: AlertService
    cases: CaseService


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with small limits."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    clock = ManualClock(NOON)
    audit = Audit(clock)
    settings = CaseSettings(max_event_refs=5, max_observables=20)
    cases = CaseService(clock, audit, FileStore(tmp_path / "files"), settings)
    yield Desk(db, clock, audit, AlertService(clock, audit, cases), cases)
    db.close()


@pytest.fixture
def tx(desk: Desk) -> Iterator[Session]:
    """One writing transaction for the whole test."""
    with desk.db.write() as tx:
        yield tx


Detect = Callable[..., Detection]


@pytest.fixture
def detect() -> Detect:
    """A maker of detections: a brute force by 203.0.113.9 unless said otherwise."""
    count = iter(range(1, 1_000_000))

    def make(**changes: Any) -> Detection:
        at = changes.pop("at", NOON)
        events = changes.pop("events", None) or (EventRef(f"src~{next(count)}", at),)
        values: dict[str, Any] = {
            "rule_id": "5712",
            "rule_name": "sshd: brute force",
            "rule_kind": "level",
            "rule_version": "v1",
            "severity": 2,
            "group_key": "203.0.113.9",
            "group_field": "source.ip",
            "title": "SSH brute force from 203.0.113.9",
            "description": "Many failed logins.",
            "at": at,
            "events": tuple(events),
            "clauses": (Clause("rule.level", ">= 10", "10"), Clause("host.name", "any", "web-1")),
            "tags": ("ssh",),
            "techniques": ("T1110.001", "nonsense"),
        }
        return Detection(**{**values, **changes})

    return make
