"""Beats over real sockets of this machine."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import BrokenError, FullError, MemoryStore

from harness.certificates import self_signed
from harness.lumberjack import Sender, json_frame, line, pairs_frame, window, window_of
from harness.waiting import until
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.ingest.beats.carrying import MAX_PROGRAMS, Carrier
from tocsin.ingest.beats.connection import Patience, Portion
from tocsin.ingest.beats.frames import FrameLimits
from tocsin.ingest.beats.receiver import BeatsLimits, BeatsListen, BeatsReceiver
from tocsin.ingest.documents import DocumentIntake
from tocsin.ingest.errors import ListenError
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Account, Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.tls import server_tls

SOURCE = "beats:127.0.0.1:filebeat"
PATIENCE = Patience(gather_s=0.05, keep_alive_s=0.02)
Start = Callable[..., BeatsReceiver]


@pytest.fixture
def start(database: Database, ledger: Ledger, store: MemoryStore) -> Iterator[Start]:
    started: list[BeatsReceiver] = []

    def start(
        pipeline: Pipeline, limits: BeatsLimits | None = None, tls: ssl.SSLContext | None = None
    ) -> BeatsReceiver:
        identities = Identities(database, SystemClock(), store.get)
        intake = DocumentIntake(pipeline.sequencer, ledger, SystemClock(), identities)
        receiver = BeatsReceiver(
            BeatsListen("127.0.0.1", 0, tls),
            Carrier(intake, ledger, retry_s=0.01),
            limits or BeatsLimits(patience=PATIENCE),
        )
        receiver.start()
        started.append(receiver)
        return receiver

    yield start
    store.gate.set()
    for receiver in started:
        receiver.stop()


@pytest.fixture
def receiver(start: Start, pipeline: Pipeline) -> BeatsReceiver:
    return start(pipeline)


def settled(ledger: Ledger, received: int, source: str = SOURCE) -> Account:
    """Return the account once it tells of so many and none is under way: it is kept beside the answers."""
    until(lambda: ledger.account(source).received == received and not ledger.account(source).under_way)
    return ledger.account(source)


def lines(count: int, first: int = 0) -> list[dict[str, object]]:
    return [line(number, f"line {number}") for number in range(first, first + count)]


def test_acknowledges_what_is_durable(receiver: BeatsReceiver, store: MemoryStore, ledger: Ledger) -> None:
    """A window comes back acknowledged, its documents in order, in the source of sender and program."""
    with Sender(receiver.address) as sender:
        sender.send(lines(200))
        sender.send(lines(5, 200))
    assert store.seqs(SOURCE) == list(range(1, 206))
    account = settled(ledger, 205)
    assert (account.stored, account.duplicates) == (205, 0)


def test_nothing_is_acknowledged_before_it_is_durable(
    receiver: BeatsReceiver, store: MemoryStore, pipeline: Pipeline
) -> None:
    """While the commit hangs the sender is told that somebody is there, and nothing more is read."""
    store.gate.clear()
    with Sender(receiver.address) as sender:
        sender.socket.sendall(window_of(lines(3)))
        assert [sender.answer() for _ in range(5)] == [0] * 5
        sender.socket.sendall(window_of(lines(3, 3)))
        until(lambda: pipeline.load()[0] == 3)
        assert [sender.answer() for _ in range(3)] == [0] * 3
        assert pipeline.load()[0] == 3
        store.gate.set()
        answers = [sender.answer()]
        while answers.count(3) < 2:
            answers.append(sender.answer())
    assert len(store.events) == 6


def test_what_is_sent_again_is_stored_once(
    receiver: BeatsReceiver, store: MemoryStore, pipeline: Pipeline, ledger: Ledger
) -> None:
    """Sent again over another connection, even while the first is being stored, in other words too."""
    store.gate.clear()
    with Sender(receiver.address) as first:
        first.socket.sendall(window_of(lines(4)))
        until(lambda: pipeline.load()[0] == 4)
    with Sender(receiver.address) as second:
        again = [dict(reversed(list(one.items()))) for one in lines(6)]
        second.socket.sendall(window_of(again))
        assert second.answer() == 0
        store.gate.set()
        while second.answer() != 6:
            pass
        second.send(lines(6))
    assert [f"line {number}" for number in range(6)] == sorted(
        event.message.split('"message":')[1].split('"')[1] for event in store.events
    )
    account = settled(ledger, 16)
    assert account.stored + account.duplicates == 16


def test_documents_without_a_name_are_counted(receiver: BeatsReceiver, store: MemoryStore) -> None:
    """Equal ones of a window are all stored; the window sent again adds none."""
    documents = [{"@version": "1", "message": "same"}] * 3
    for _ in range(2):
        with Sender(receiver.address) as sender:
            sender.send(documents)
    assert len(store.events) == 3


def test_faulty_documents_are_refused_and_acknowledged(
    start: Start, pipeline: Pipeline, store: MemoryStore, ledger: Ledger
) -> None:
    """One that can never be stored would be sent for ever; it is counted with its reason instead."""
    limits = BeatsLimits(patience=PATIENCE, frames=FrameLimits(document_bytes=1_000))
    receiver = start(pipeline, limits)
    with Sender(receiver.address) as sender:
        frames = json_frame(1, b"[]") + json_frame(2, b"x" * 2_000) + json_frame(3, line(1, "good"))
        sender.socket.sendall(window(3) + frames)
        while sender.answer() != 3:
            pass
    assert len(store.events) == 1
    account = settled(ledger, 2, "beats:127.0.0.1:other")
    assert {reason: refusal.count for reason, refusal in account.refusals.items()} == {
        "document is no JSON object": 1,
        "document too large": 1,
    }


def test_large_windows_are_acknowledged_in_parts(start: Start, pipeline: Pipeline) -> None:
    """So what is held is bounded, and a sender loses less when the connection breaks."""
    receiver = start(pipeline, BeatsLimits(patience=PATIENCE, portion=Portion(documents=10)))
    with Sender(receiver.address) as sender:
        sender.socket.sendall(window_of(lines(25)))
        answers = [answer for answer in iter(sender.answer, 25) if answer]
    assert answers == [10, 20]


def test_a_window_that_is_not_whole_is_stored_after_a_silence(
    receiver: BeatsReceiver, store: MemoryStore
) -> None:
    """What came is acknowledged; the rest of the window may follow."""
    with Sender(receiver.address) as sender:
        sender.socket.sendall(window(3) + json_frame(1, line(1, "a")))
        while sender.answer() != 1:
            pass
        sender.socket.sendall(json_frame(2, line(2, "b")) + json_frame(3, line(3, "c")))
        while sender.answer() != 3:
            pass
    assert len(store.events) == 3


def test_version_1_states_its_window_once(receiver: BeatsReceiver, store: MemoryStore) -> None:
    """Its numbers go on over windows, and it is never sent an acknowledgement of nothing."""
    with Sender(receiver.address) as sender:
        sender.socket.sendall(window(2, version=1))
        for seq in range(1, 5):
            sender.socket.sendall(pairs_frame(seq, {"line": f"l{seq}", "file": "/var/log/x", "offset": "1"}))
        answers = [sender.answer()]
        while answers[-1] != 4:
            answers.append(sender.answer())
    assert 0 not in answers
    assert len(store.events) == 4


@pytest.mark.parametrize("failure", [FullError("full"), BrokenError("broken")])
def test_waits_until_the_log_takes_it(
    receiver: BeatsReceiver, store: MemoryStore, ledger: Ledger, failure: Exception
) -> None:
    """A full or failing log is waited for; in the end everything is there once."""
    store.failures = [failure] * 4
    with Sender(receiver.address) as sender:
        sender.send(lines(10))
    assert len(store.events) == len({event.id for event in store.events}) == 10
    until(lambda: ledger.account(SOURCE).under_way == 0)
    assert ledger.account(SOURCE).stored == 10


def test_waits_for_room(start: Start, make_pipeline: Make, store: MemoryStore) -> None:
    """A full queue keeps the sender waiting and refuses nothing."""
    receiver = start(make_pipeline(queue_records=10))
    with Sender(receiver.address) as first, Sender(receiver.address) as second:
        store.gate.clear()
        first.socket.sendall(window_of(lines(8)))
        assert first.answer() == 0
        second.socket.sendall(window_of(lines(8, 8)))
        assert second.answer() == 0
        store.gate.set()
        for sender in (first, second):
            while sender.answer() != 8:
                pass
    assert len(store.events) == 16


def test_bytes_of_no_protocol_end_the_connection(receiver: BeatsReceiver, store: MemoryStore) -> None:
    """And no other: the next sender is served."""
    for junk in (b"GET / HTTP/1.1\r\n\r\n", json_frame(1, b"{}"), b"2C\x00\x00\x00\x04junk"):
        with Sender(receiver.address) as sender:
            sender.socket.sendall(junk)
            assert sender.is_ended()
    with Sender(receiver.address) as sender:
        sender.send(lines(1))
    assert len(store.events) == 1


def test_hangs_up_on_the_idle_and_the_many(start: Start, pipeline: Pipeline) -> None:
    """A silent sender is closed, and one with too many connections gets no more of them."""
    patience = Patience(idle_s=0.3)
    receiver = start(pipeline, BeatsLimits(connections_per_sender=2, patience=patience))
    with Sender(receiver.address) as first, Sender(receiver.address) as second:
        first.socket.sendall(window(1))
        second.socket.sendall(window(1))
        with Sender(receiver.address) as third:
            assert third.is_ended()
        assert first.is_ended()
    with Sender(receiver.address) as sender:
        sender.send(lines(1))


def test_a_sender_can_name_few_sources(
    start: Start, pipeline: Pipeline, ledger: Ledger, store: MemoryStore, database: Database
) -> None:
    """Beyond them it is all one; which ones are known outlives a kill."""
    receiver = start(pipeline)
    with Sender(receiver.address) as sender:
        sender.send([{"agent": {"type": f"beat{number}"}} for number in range(MAX_PROGRAMS + 5)])
    assert sum(account.source.startswith("beats:") for account in ledger.accounts()) == MAX_PROGRAMS + 1
    assert len(store.seqs("beats:127.0.0.1:other")) == 5
    after = Ledger(database, SystemClock())
    after.load()
    assert {account.source for account in after.accounts()} == {
        account.source for account in ledger.accounts()
    }


def test_speaks_tls(start: Start, pipeline: Pipeline, store: MemoryStore, tmp_path: Path) -> None:
    """With an authority for clients, only those with a certificate of it are let in, named by it."""
    certificate, key = self_signed(tmp_path)
    receiver = start(pipeline, tls=server_tls(certificate, key, client_ca=certificate))
    anonymous = ssl.create_default_context(cafile=str(certificate))
    known = ssl.create_default_context(cafile=str(certificate))
    known.load_cert_chain(certificate, key)
    with pytest.raises((OSError, EOFError)), Sender(receiver.address, tls=anonymous) as sender:
        sender.send(lines(1))
    with pytest.raises((OSError, EOFError)), Sender(receiver.address) as sender:
        sender.send(lines(1))
    assert store.events == []
    with Sender(receiver.address, tls=known) as sender:
        sender.send(lines(2))
    assert store.seqs("beats:tocsin test:filebeat") == [1, 2]


def test_says_what_keeps_it_from_listening(start: Start, pipeline: Pipeline, tmp_path: Path) -> None:
    """An address that is taken, and files that are no certificates."""
    taken = start(pipeline).address
    with pytest.raises(ListenError, match=f"Beats on 127.0.0.1 port {taken[1]}"):
        BeatsReceiver(BeatsListen(*taken), Carrier(None, None)).start()  # type: ignore[arg-type]  # never used
    (tmp_path / "junk").write_text("junk")
    for path in (tmp_path / "junk", tmp_path / "absent"):
        with pytest.raises(ListenError, match=str(path)):
            server_tls(path, None)


def test_without_an_address_it_does_nothing() -> None:
    """Off by default: nothing is bound, and stopping is fine."""
    receiver = BeatsReceiver(None, Carrier(None, None))  # type: ignore[arg-type]  # never used
    receiver.start()
    receiver.stop()
    assert receiver.address == ("", 0)
