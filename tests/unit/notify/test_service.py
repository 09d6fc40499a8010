"""Tests of telling people: what is written, what is sent, what is kept of channels."""

from __future__ import annotations

from typing import Any

import pytest

from harness.recorder import Recorder
from tocsin.accounts import Audit
from tocsin.accounts.audit import AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR, MINUTE, SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.notify.errors import DeliveryError
from tocsin.notify.outbox import Outbox
from tocsin.notify.service import Notifications
from tocsin.notify.tables import ChannelRow, MessageRow
from unit.notify.conftest import a_happening, a_message

ANA = Actor("user", "ana")


def add(service: Notifications, db: Database, name: str = "hook", **options: Any) -> None:
    kind = options.pop("kind", "webhook")
    with db.write() as tx:
        service.book.add_channel(tx, name, kind, options, ANA)
    service.refresh(now=True)


def route(service: Notifications, db: Database, name: str = "all", **document: Any) -> None:
    with db.write() as tx:
        service.book.put_route(tx, name, {"channels": ["hook"], **document}, ANA)
    service.refresh(now=True)


def tell(service: Notifications, db: Database, **given: Any) -> int:
    with db.write() as tx:
        return service.tell(tx, a_happening(**given))


def rows(db: Database) -> list[MessageRow]:
    with db.read() as tx:
        return list(tx.query(MessageRow).order_by(MessageRow.created_at, MessageRow.id))


def test_what_happened_is_sent_by_the_routes_that_match(
    service: Notifications, db: Database, web: Recorder
) -> None:
    """Written in the caller's transaction, sent afterwards, once."""
    add(service, db, url=web.url)
    route(service, db, severity="high")
    assert 1 == tell(service, db)
    assert 0 == tell(service, db, subject_id="alert_2", severity=1)
    assert [] == web.requests
    assert 1 == service.delivery.step()
    assert 0 == service.delivery.step()
    (request,) = web.requests
    assert "[high] Alert 7: SSH brute force" == request.json["title"]
    assert "https://soc.example.org/alerts/alert_1" == request.json["link"]
    assert ["sent"] == [row.status for row in rows(db)]


def test_a_transaction_that_fails_tells_nobody(service: Notifications, db: Database, web: Recorder) -> None:
    """What did not happen is not told."""
    add(service, db, url=web.url)
    route(service, db)
    with pytest.raises(RuntimeError), db.write() as tx:
        service.tell(tx, a_happening())
        raise RuntimeError
    assert 0 == service.delivery.step()
    assert [] == web.requests


def test_the_same_message_is_written_once_for_each_channel(service: Notifications, db: Database) -> None:
    """Two routes to one channel make one message."""
    add(service, db, url="https://hooks.example.org/")
    route(service, db, "one")
    route(service, db, "two")
    assert 1 == tell(service, db)
    assert 0 == tell(service, db)


def test_a_failure_for_now_is_tried_again_later_with_the_same_key(
    service: Notifications, db: Database, clock: ManualClock, web: Recorder
) -> None:
    """Tries are spread; the key stays, so that the other side can tell."""
    add(service, db, url=web.url)
    route(service, db)
    tell(service, db)
    web.answer = lambda _: (503, {}, b"later")
    service.delivery.step()
    service.delivery.step()
    assert 1 == len(web.requests)
    clock.advance(20 * SECOND)
    web.answer = lambda _: (200, {}, b"")
    assert 1 == service.delivery.step()
    assert web.requests[0].headers["X-Tocsin-Key"] == web.requests[1].headers["X-Tocsin-Key"]
    (row,) = rows(db)
    assert ("sent", 2, "") == (row.status, row.attempts, row.error)


def test_tries_end_and_a_dead_message_can_be_tried_again(
    service: Notifications, db: Database, clock: ManualClock, web: Recorder
) -> None:
    """After twelve tries it is dead and says why; somebody may have it tried again."""
    add(service, db, url=web.url)
    route(service, db)
    tell(service, db)
    web.answer = lambda _: (500, {}, b"broken")
    for _ in range(12):
        service.delivery.step()
        clock.advance(2 * HOUR)
    service.delivery.step()
    (row,) = rows(db)
    assert ("dead", 12, "the service answered 500: broken") == (row.status, row.attempts, row.error)
    assert 12 == len(web.requests)
    assert (0, 11, 1) == (
        service.delivery.figures.sent,
        service.delivery.figures.failed,
        service.delivery.figures.dead,
    )
    web.answer = lambda _: (200, {}, b"")
    with db.write() as tx:
        service.outbox.retry(tx, row.id, ANA)
    assert 1 == service.delivery.step()
    with db.write() as tx, pytest.raises(ConflictError):
        service.outbox.retry(tx, row.id, ANA)


def test_a_refusal_for_good_is_dead_at_once(service: Notifications, db: Database, web: Recorder) -> None:
    """A wrong address is not tried twelve times; its message does not hold up others."""
    add(service, db, url=web.url)
    route(service, db)
    tell(service, db)
    tell(service, db, subject_id="alert_2")
    web.answer = lambda request: (404, {}, b"") if b"alert_1" in request.body else (200, {}, b"")
    assert 2 == service.delivery.step()
    assert ["dead", "sent"] == [row.status for row in rows(db)]


def test_a_channel_that_is_gone_or_off_makes_dead_messages(service: Notifications, db: Database) -> None:
    """What cannot be delivered says why."""
    add(service, db, url="https://hooks.example.org/")
    route(service, db)
    tell(service, db)
    with db.write() as tx:
        service.book.change_channel(tx, "hook", ANA, enabled=False)
    service.refresh(now=True)
    service.delivery.step()
    assert "the channel is switched off" == rows(db)[0].error


def test_a_killed_try_is_made_again(
    service: Notifications, db: Database, clock: ManualClock, web: Recorder
) -> None:
    """A try whose end was never written is due again after its lease, and counts."""
    add(service, db, url=web.url)
    route(service, db)
    tell(service, db)
    service.delivery._take("hook")  # and then the process was gone
    assert 0 == service.delivery.step()
    clock.advance(4 * MINUTE)
    assert 1 == service.delivery.step()
    assert 2 == rows(db)[0].attempts


def test_a_channel_takes_so_many_in_a_minute(
    service: Notifications, db: Database, clock: ManualClock, web: Recorder
) -> None:
    """More wait for the next minute, also after a restart: the outbox is counted."""
    add(service, db, url=web.url)
    with db.write() as tx:
        service.book.change_channel(tx, "hook", ANA, per_minute=2)
    route(service, db)
    for number in range(3):
        tell(service, db, subject_id=f"alert_{number}")
        clock.advance(1)
    done = []
    for _ in range(3):
        done.append(service.delivery.step())
        clock.advance(1)
    assert 2 <= sum(done) <= 3
    clock.advance(MINUTE)
    service.delivery.step()
    assert 3 == len(web.requests)


def test_a_digest_is_one_message(
    service: Notifications, db: Database, clock: ManualClock, web: Recorder
) -> None:
    """What came within the digest's time after the first goes out as one, and as the worst of them."""
    add(service, db, url=web.url)
    route(service, db, digest_minutes=10)
    for number, severity in enumerate((2, 4, 3)):
        tell(service, db, subject_id=f"alert_{number}", number=number, severity=severity)
        clock.advance(MINUTE)
    assert 0 == service.delivery.step()
    clock.advance(8 * MINUTE)
    assert 3 == service.delivery.step()
    (request,) = web.requests
    assert request.json["title"].startswith("[critical] 3 messages, worst: [critical] Alert 1")
    assert 3 == request.json["body"].count("SSH brute force")


def test_mail_to_the_person_it_is_assigned_to(service: Notifications, db: Database) -> None:
    """Whoever asked for it is told what others assign to them, and not what they took themselves."""
    add(service, db, "mail", kind="email", host="relay.example.org", sender="t@example.org")
    with db.write() as tx:
        service.personal.put(tx, "ana", "ana@example.org", ["case.assigned"], ANA)
    service.refresh(now=True)
    about = {"event": "case.assigned", "subject_type": "case", "assignee": "ana"}
    assert 1 == tell(service, db, **about, actor="bob")
    assert 0 == tell(service, db, **about, actor="ana", at=1)
    assert 0 == tell(service, db, **{**about, "assignee": "bob"}, at=2)
    (row,) = rows(db)
    assert ("mail", "personal") == (row.channel, row.route)
    assert b'"to":"ana@example.org"' in row.content


def test_secrets_are_sealed_and_never_shown(service: Notifications, db: Database) -> None:
    """The database and the audit trail hold no secret; the channel says which are set."""
    add(service, db, url="https://hooks.example.org/very-secret", secret="s3cret!!")
    with db.read() as tx:
        row = tx.get(ChannelRow, "hook")
        entries = Audit(ManualClock(0)).entries(tx, AuditFilter(kind="channel"), 10)
    assert row is not None
    assert b"s3cret" not in row.sealed
    assert "secret" not in str(row.options)
    assert "s3cret" not in str(entries)
    assert ("secret", "url") == service.channel("hook").secrets


def test_a_failure_repeats_no_secret(service: Notifications, db: Database, web: Recorder) -> None:
    """Services repeat what they were sent; the reason of a failure is cleaned of it."""
    add(service, db, url=f"{web.url}/x", headers={"Authorization": "Bearer abcdef"})
    web.answer = lambda request: (401, {}, f"wrong: {request.headers['Authorization']}".encode())
    with pytest.raises(DeliveryError) as caught:
        service.test("hook", ANA)
    assert "the service answered 401: wrong: ***" == caught.value.message


def test_another_host_needs_the_secrets_again(service: Notifications, db: Database) -> None:
    """Whoever may change a channel cannot have its password sent to a host of theirs."""
    add(
        service, db, "mail", kind="email", host="relay.example.org", sender="t@x.org", user="u", password="pw"
    )
    options = {"host": "evil.example.org", "sender": "t@x.org", "user": "u"}
    with db.write() as tx, pytest.raises(InvalidError, match="enter its password again"):
        service.book.change_channel(tx, "mail", ANA, options=options)
    with db.write() as tx:
        service.book.change_channel(
            tx, "mail", ANA, options={**options, "host": "relay.example.org", "port": 26}
        )
        changed = service.book.change_channel(tx, "mail", ANA, options={**options, "password": "new"})
    assert ("evil.example.org", "new") == (changed.options.host, changed.options.password)


def test_a_channel_in_use_stays(service: Notifications, db: Database) -> None:
    """A channel a route names cannot go, nor can a route name one that is not there."""
    add(service, db, url="https://hooks.example.org/")
    route(service, db)
    with db.write() as tx:
        with pytest.raises(ConflictError, match="used by the route 'all'"):
            service.book.remove_channel(tx, "hook", ANA)
        with pytest.raises(InvalidError, match="did you mean 'hook'"):
            service.book.put_route(tx, "other", {"channels": ["hok"]}, ANA)
        service.book.remove_route(tx, "all", ANA)
        with pytest.raises(NotFoundError):
            service.book.remove_route(tx, "all", ANA)


def test_a_message_past_the_routes(service: Notifications, db: Database, web: Recorder) -> None:
    """A playbook's step names channels; unknown ones are refused with the likely intended."""
    add(service, db, url=web.url)
    message = a_message(key="run:1:2", event="playbook", link="")
    with db.write() as tx:
        assert ["hook"] == service.post(tx, ["hook"], message)
        assert [] == service.post(tx, ["hook"], message)
        with pytest.raises(InvalidError, match="did you mean 'hook'"):
            service.post(tx, ["hok"], message)
    service.delivery.step()
    assert "https://soc.example.org/alerts/alert_1" == web.requests[0].json["link"]


def test_the_outbox_lists_and_discards(service: Notifications, db: Database) -> None:
    """What waits can be looked at and taken out; it is noted who did."""
    add(service, db, url="https://hooks.example.org/")
    route(service, db)
    tell(service, db)
    outbox: Outbox = service.outbox
    with db.write() as tx:
        (row,) = outbox.list(tx, status="waiting")
        assert {"waiting": 1, "sent": 0, "dead": 0} == outbox.counts(tx)
        assert [row.id] == [each.id for each in outbox.of_subject(tx, "alert_1")]
        outbox.discard(tx, row.id, ANA)
        with pytest.raises(NotFoundError):
            outbox.get(tx, row.id)


def test_lost_secrets_are_said_to_be(service: Notifications, db: Database) -> None:
    """A channel sealed with another key is there, says so, and takes new secrets."""
    add(service, db, url="https://hooks.example.org/")
    with db.write() as tx:
        row = tx.get(ChannelRow, "hook")
        assert row is not None
        row.sealed = b"gAAAAA-of-another-key"
    service.refresh(now=True)
    assert "enter the secrets again" in service.channel("hook").problem
    with pytest.raises(DeliveryError, match="cannot be used"):
        service.test("hook", ANA)
    with db.write() as tx:
        service.book.change_channel(tx, "hook", ANA, options={"url": "https://hooks.example.org/new"})
    service.refresh(now=True)
    assert "" == service.channel("hook").problem
