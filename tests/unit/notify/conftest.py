"""A database, a clock, and senders that may speak to this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from harness.recorder import Recorder, recording
from tocsin.accounts import Audit
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.core.sealing import Seal
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP
from tocsin.notify.kinds import Means, kind_named
from tocsin.notify.model import Happening, Message
from tocsin.notify.service import Notifications, Settings

NOON = from_iso("2026-11-24T12:00:00Z")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at noon."""
    return ManualClock(NOON)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with every table."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def service(db: Database, clock: ManualClock) -> Notifications:
    """Notifications that may speak to loopback."""
    settings = Settings(private=("127.0.0.0/8",), url="https://soc.example.org", personal="mail")
    return Notifications(db, clock, Audit(clock), Seal(Fernet.generate_key()), settings=settings)


@pytest.fixture
def web() -> Iterator[Recorder]:
    """A web server that records."""
    with recording() as recorder:
        yield recorder


@pytest.fixture
def means() -> Means:
    """Means of senders that may speak to loopback."""
    return Means(HTTP(Guard(["127.0.0.0/8"])))


Send = Callable[..., None]


@pytest.fixture
def send(means: Means) -> Send:
    """Return what sends a message by a kind: `send("slack", message, url=...)`."""

    def sent(name: str, message: Message, **options: Any) -> None:
        kind = kind_named(name)
        kind.send(kind.read(options), message, means)

    return sent


def a_message(**given: Any) -> Message:
    """Return a message about an alert."""
    values = {
        "key": "alert.opened:alert_1:5",
        "event": "alert.opened",
        "title": "[high] Alert 7: SSH brute force",
        "body": "Severity: high\n\nMany failures from 192.0.2.1 <b>&\n",
        "severity": 3,
        "at": NOON,
        "subject_type": "alert",
        "subject_id": "alert_1",
        "link": "https://soc.example.org/alerts/alert_1",
        "facts": (("Severity", "high"), ("Host", "web-1")),
        "group": "tocsin:alert_1",
    }
    return Message(**{**values, **given})


def a_happening(**given: Any) -> Happening:
    """Return an alert that opened."""
    values = {
        "event": "alert.opened",
        "subject_type": "alert",
        "subject_id": "alert_1",
        "number": 7,
        "title": "SSH brute force",
        "description": "Many failures from 192.0.2.1",
        "severity": 3,
        "rule_id": "ssh-brute",
        "rule_name": "SSH brute force",
        "tags": ("ssh", "linux"),
        "at": NOON,
    }
    return Happening(**{**values, **given})
