"""Tests of working the outbox off: when it looks, in which order, and what it gives up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from harness.postgres import postgres
from harness.recorder import Recorder
from harness.waiting import PATIENCE_S
from tocsin.accounts import Audit
from tocsin.core.clock import HOUR, MINUTE, ManualClock
from tocsin.core.database import Database
from tocsin.core.sealing import Seal
from tocsin.notify import delivery
from tocsin.notify.channels import of_settings
from tocsin.notify.delivery import Effort
from tocsin.notify.outbox import Outbox, Posting
from tocsin.notify.service import Notifications, Settings
from tocsin.notify.tables import MessageRow
from unit.notify.conftest import NOON, a_message


def serving(db: Database, clock: ManualClock, url: str) -> Notifications:
    """Return notifications with one channel, `hook`."""
    base, problems = of_settings({"hook": {"kind": "webhook", "url": url, "per_minute": 0}}, {}, "test")
    assert () == problems
    settings = Settings(base=base, effort=Effort(attempts=3))
    return Notifications(db, clock, Audit(clock), Seal(Fernet.generate_key()), settings=settings)


def put(db: Database, outbox: Outbox, *keys: str) -> None:
    with db.write() as tx:
        for key in keys:
            outbox.put(tx, a_message(key=key), Posting("hook", NOON))


def only(db: Database) -> MessageRow:
    with db.read() as tx:
        return tx.query(MessageRow).one()


def test_a_commit_wakes_it(
    db: Database, clock: ManualClock, web: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this process writes is sent at once, however seldom the outbox is looked at."""
    monkeypatch.setattr(delivery, "POLL_S", 600.0)
    service, stop = serving(db, clock, web.url), threading.Event()
    thread = threading.Thread(target=service.delivery.run, args=(stop,))
    thread.start()
    try:
        assert service.delivery.ready.wait(PATIENCE_S)
        for number in range(5):  # also while the one before is still being noted
            put(db, service.outbox, f"key {number}")
            web.wait_for(number + 1)
    finally:
        stop.set()
        service.delivery.notify()
        thread.join()
    assert [f"key {number}" for number in range(5)] == [each.headers["X-Tocsin-Key"] for each in web.requests]


def test_messages_of_one_moment_go_out_as_they_were_written(
    db: Database, clock: ManualClock, web: Recorder
) -> None:
    """Opened goes before assigned, though the clock shows the same time."""
    service = serving(db, clock, web.url)
    keys = [f"key {number}" for number in range(10)]
    put(db, service.outbox, *keys)
    clock.advance(1)
    assert 10 == service.delivery.step()
    assert keys == [request.headers["X-Tocsin-Key"] for request in web.requests]


def test_a_message_that_ends_the_process_is_given_up(db: Database, clock: ManualClock, web: Recorder) -> None:
    """Tries whose end nobody wrote down count: it is dead after as many as any other."""
    service = serving(db, clock, web.url)
    put(db, service.outbox, "key")
    for _ in range(3):
        assert service.delivery._take("hook") is not None  # and then the process was gone
        clock.advance(4 * MINUTE)
    assert 1 == service.delivery.step()
    assert [] == web.requests
    assert ("dead", "the platform ended in the middle of every try") == (only(db).status, only(db).error)


def test_a_message_nobody_can_read_holds_up_no_other(db: Database, clock: ManualClock, web: Recorder) -> None:
    """One that another version wrote is dead and says why; the next is sent."""
    service = serving(db, clock, web.url)
    put(db, service.outbox, "key")
    with db.write() as tx:
        tx.query(MessageRow).update({"content": b'{"of": "another version"}'})
    put(db, service.outbox, "other")
    assert 2 == service.delivery.step()
    assert ["other"] == [request.headers["X-Tocsin-Key"] for request in web.requests]
    with db.read() as tx:
        dead = tx.query(MessageRow).filter_by(key="key").one()
    assert "dead" == dead.status
    assert "the message cannot be read" in dead.error


def test_a_gathering_that_grew_has_another_key(db: Database, clock: ManualClock, web: Recorder) -> None:
    """What is tried again together with more is not the same message: the other side must not drop it."""
    service = serving(db, clock, web.url)
    web.answer = lambda _: (503, {}, b"")
    for key in ("one", "two", "three"):
        with db.write() as tx:
            service.outbox.put(tx, a_message(key=key), Posting("hook", NOON, gather="route:all"))
        if key == "one":
            continue
        service.delivery.step()
        clock.advance(HOUR)
    first, second = (request.headers["X-Tocsin-Key"] for request in web.requests)
    assert first.startswith("digest:")
    assert first != second


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """A PostgreSQL with every table."""
    with postgres() as url:
        database = Database(url)
        database.create_all()
        yield database
        database.close()


def test_of_two_processes_one_takes_a_message(server: Database, clock: ManualClock) -> None:
    """On PostgreSQL writers do not wait for each other: the claim itself must make the second one wait."""
    service = serving(server, clock, "http://127.0.0.1:9/")
    put(server, service.outbox, "key")
    other = serving(server, clock, "http://127.0.0.1:9/").delivery
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(other._take("hook")))
    with server.write() as tx:
        (row,) = delivery._next(tx, "hook", clock.now())
        row.due_at += HOUR
        tx.flush()
        thread.start()
        thread.join(0.5)
    thread.join()
    assert [None] == taken
