"""Syslog over real sockets of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import MemoryStore

from harness.waiting import PATIENCE_S, until
from tocsin.core.clock import SystemClock
from tocsin.ingest.errors import ListenError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.receivers import UNREAD, Listen, SyslogReceiver

UDP, TCP = "syslog:udp:127.0.0.1", "syslog:tcp:127.0.0.1"
Start = Callable[[Pipeline], SyslogReceiver]


@pytest.fixture
def start(ledger: Ledger) -> Iterator[Start]:
    started: list[SyslogReceiver] = []

    def start(pipeline: Pipeline) -> SyslogReceiver:
        listens = [Listen("udp", "127.0.0.1", 0), Listen("tcp", "127.0.0.1", 0)]
        receiver = SyslogReceiver(listens, pipeline.sequencer, ledger, SystemClock())
        receiver.start()
        started.append(receiver)
        return receiver

    yield start
    for receiver in started:
        receiver.stop()


@pytest.fixture
def receiver(start: Start, pipeline: Pipeline) -> SyslogReceiver:
    return start(pipeline)


def test_receives_datagrams(receiver: SyslogReceiver, store: MemoryStore) -> None:
    """Each datagram is a record as it came, numbered in order of arrival."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(200):
            sender.sendto(b"<13>message %d\n" % number, receiver.addresses[0])
            if number % 50 == 49:  # the system keeps so many for a receiver that has no time
                until(lambda number=number: len(store.events) == number + 1)
        sender.sendto(b"\xff\x00\xfejunk", receiver.addresses[0])
    until(lambda: len(store.events) == 201)
    assert store.seqs(UDP) == list(range(1, 202))
    assert store.messages(UDP)[:2] == ["<13>message 0", "<13>message 1"]
    assert store.events[200].raw == b"\xff\x00\xfejunk"


def test_receives_streams(receiver: SyslogReceiver, store: MemoryStore) -> None:
    """Both framings, over a connection that ends without a newline."""
    with socket.create_connection(receiver.addresses[1]) as sender:
        sender.sendall(b"<13>one\n9 <13>t\nwo\n<13>three")
    until(lambda: len(store.events) == 3)
    assert store.messages(TCP) == ["<13>one", "<13>t\nwo", "<13>three"]


def test_numbers_go_on_after_the_mark(receiver: SyslogReceiver, store: MemoryStore) -> None:
    """After a restart the same peer's records continue where the store stands."""
    store.marks[UDP] = 41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<13>x", receiver.addresses[0])
    until(lambda: store.seqs(UDP) == [42])


def test_a_ten_megabyte_line_is_cut(receiver: SyslogReceiver, store: MemoryStore) -> None:
    """The line is one record of 64 KiB that says what is missing; the next line is whole."""
    with socket.create_connection(receiver.addresses[1]) as sender:
        sender.sendall(b"<13>" + b"x" * 10_000_000 + b"\n<13>after\n")
    until(lambda: len(store.events) == 2)
    assert store.messages(TCP)[0].endswith(f"[tocsin: cut here, {10_000_004 - 65536} bytes left out]")
    assert store.messages(TCP)[1] == "<13>after"


def test_a_full_queue_stops_the_reading_of_streams(
    make_pipeline: Make, start: Start, store: MemoryStore
) -> None:
    """A sender over TCP is held back and loses nothing."""
    receiver = start(make_pipeline(queue_records=500, batch_records=100))
    store.gate.clear()
    lines = b"".join(b"<13>line %d\n" % number for number in range(20_000))
    with socket.create_connection(receiver.addresses[1]) as sender:
        sender.settimeout(PATIENCE_S)
        time.sleep(0.05)
        store.gate.set()
        sender.sendall(lines)
    until(lambda: len(store.events) == 20_000)
    assert store.seqs(TCP) == list(range(1, 20_001))
    assert store.messages(TCP)[-1] == "<13>line 19999"


def test_a_full_queue_refuses_datagrams_and_counts_them(
    make_pipeline: Make, start: Start, store: MemoryStore, ledger: Ledger
) -> None:
    """What UDP cannot deliver is told: received = stored + refused, with the reason."""
    receiver = start(make_pipeline(queue_records=50, batch_records=10))
    store.gate.clear()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(1, 301):
            sender.sendto(b"<13>%d" % number, receiver.addresses[0])
            if number % 50 == 0:  # the system keeps so many for a receiver that has no time
                until(lambda number=number: ledger.account(UDP).received == number)
    store.gate.set()
    until(lambda: ledger.account(UDP).under_way == 0)
    account = ledger.account(UDP)
    assert account.stored + account.refused == 300
    assert account.refused > 0
    assert list(account.refusals) == ["not taken: busy"]
    assert len(store.seqs(UDP)) == account.stored


def test_two_connections_of_one_peer_share_its_numbers(receiver: SyslogReceiver, store: MemoryStore) -> None:
    """Nothing of either is taken for a duplicate of the other."""
    with (
        socket.create_connection(receiver.addresses[1]) as one,
        socket.create_connection(receiver.addresses[1]) as two,
    ):
        for number in range(500):
            (one, two)[number % 2].sendall(b"<13>%d\n" % number)
    until(lambda: len(store.events) == 500)
    assert store.seqs(TCP) == list(range(1, 501))


@pytest.mark.skipif(shutil.which("logger") is None, reason="no logger of util-linux here")
@pytest.mark.parametrize(
    "options", [["--udp"], ["--tcp"], ["--tcp", "--octet-count"], ["--udp", "--rfc3164"]]
)
def test_receives_what_a_real_sender_sends(
    receiver: SyslogReceiver, store: MemoryStore, options: list[str]
) -> None:
    """`logger` of util-linux, in both formats and framings."""
    host, port = receiver.addresses[0 if "--udp" in options else 1]
    command = ["logger", "--server", host, "--port", str(port), "-t", "sshd", "-p", "auth.info", *options]
    subprocess.run([*command, "Failed password for root"], check=True, timeout=PATIENCE_S)
    until(lambda: len(store.events) == 1)
    assert store.events[0].message.startswith("<38>")
    assert store.events[0].message.endswith("Failed password for root")


def test_an_address_in_use_is_an_error(pipeline: Pipeline, ledger: Ledger) -> None:
    """`start` says so and leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = Listen("tcp", "127.0.0.1", taken.getsockname()[1])
        receiver = SyslogReceiver([listen], pipeline.sequencer, ledger, SystemClock())
        with pytest.raises(ListenError, match=f"127.0.0.1 tcp port {listen.port}: .*already in use"):
            receiver.start()
        receiver.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts them for each socket")
def test_counts_datagrams_that_the_system_dropped(
    receiver: SyslogReceiver, store: MemoryStore, ledger: Ledger
) -> None:
    """What found no room in the receive buffer was sent: it is counted as received, and as lost."""
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go_on.wait(PATIENCE_S)

    receiver._thread.loop.call_soon_threadsafe(hold)
    held.wait(PATIENCE_S)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(30_000):
            sender.sendto(b"<13>message %d %s" % (number, b"x" * 500), receiver.addresses[0])
    go_on.set()
    until(lambda: ledger.account(UNREAD).received + ledger.account(UDP).received == 30_000)
    lost = ledger.account(UNREAD)
    assert lost.received == lost.refused == lost.lost > 0
    until(lambda: len(store.events) == 30_000 - lost.refused)
