"""The link against a server that fails in every way the protocol allows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.agent.errors import UnauthorizedError
from tocsin.agent.link import Link
from tocsin.agent.segment import Item
from tocsin.agent.server import HTTPServer

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench, FakeServer


@pytest.fixture
def link(bench: Bench, server: FakeServer) -> Iterator[Link]:
    client = HTTPServer(server.url, key="secret-key", timeout_s=PATIENCE_S)
    yield Link(bench.spool, client, bench.baseline, jitter=lambda: 0.0)
    client.close()


def add(bench: Bench, count: int, size: int = 20) -> None:
    last = bench.spool.stats().last_seq
    bench.spool.append([Item(b"%d " % seq + b"x" * size, seq) for seq in range(last + 1, last + count + 1)])


def send_all(link: Link, bench: Bench, tries: int = 50) -> list[float]:
    pauses = []
    while bench.spool.stats().records:
        pauses.append(link.step())
        assert len(pauses) < tries, link.figures()
    return pauses


def test_everything_arrives_once_in_order(bench: Bench, server: FakeServer, link: Link) -> None:
    """Batches are unbroken and the spool is empty at the end."""
    add(bench, 5000)
    assert set(send_all(link, bench)) == {0.0}
    assert list(server.stored) == list(range(1, 5001))
    assert [first for first, _, _ in server.batches] == [1, 2001, 4001]
    assert link.figures() == {"state": "connected", "detail": "", "sent": 5000}


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_lost_answer_repeats_nothing(bench: Bench, server: FakeServer, link: Link, fault: str) -> None:
    """Whether the server stored the batch before the connection broke or not, each record is there once."""
    add(bench, 30)
    server.faults = [fault]
    pauses = send_all(link, bench)
    assert pauses[0] > 0
    add(bench, 5)
    server.faults = [fault]
    send_all(link, bench)
    assert list(server.stored) == list(range(1, 36))


def test_an_unreachable_server_is_left_alone_longer_and_longer(
    bench: Bench, server: FakeServer, link: Link
) -> None:
    """The pauses grow to a minute at most, and begin anew after a success."""
    add(bench, 1)
    server.faults = ["drop_before"] * 10
    pauses = send_all(link, bench)
    assert pauses[:3] == [0.25, 0.5, 1.0]
    assert max(pauses) == 30.0
    add(bench, 1)
    server.faults = ["drop_before", "drop_before"]
    assert link.step() == 0.25


@pytest.mark.parametrize(("status", "state"), [(429, "busy"), (503, "busy"), (507, "full")])
def test_back_pressure_is_obeyed(
    bench: Bench, server: FakeServer, link: Link, status: int, state: str
) -> None:
    """The server's time is waited for, and jitter on top; nothing is lost."""
    add(bench, 3)
    server.faults = [(status, "7"), (status, "99999999")]
    assert link.step() == 7.25
    assert link.figures()["state"] == state
    assert 300 <= link.step() <= 361
    send_all(link, bench)
    assert len(server.stored) == 3


def test_too_large_a_batch_is_halved(bench: Bench, server: FakeServer, link: Link) -> None:
    """413 leads to smaller batches until they fit."""
    server.largest = 100
    add(bench, 1000)
    send_all(link, bench, tries=100)
    assert list(server.stored) == list(range(1, 1001))
    assert max(count for _, _, count in server.batches) <= 100


def test_an_unknown_key_stops_the_link(bench: Bench, server: FakeServer, link: Link) -> None:
    """401 is said and nothing is let go of."""
    add(bench, 3)
    server.key = "another"
    with pytest.raises(UnauthorizedError):
        link.step()
    assert link.unauthorized == "unknown key"
    assert bench.spool.stats().records == 3


def test_the_server_names_where_to_go_on(bench: Bench, server: FakeServer, link: Link) -> None:
    """A server that already holds more than was acknowledged here moves the link forward."""
    add(bench, 10)
    server.mark = 4
    send_all(link, bench)
    assert sorted(server.stored) == [5, 6, 7, 8, 9, 10]
    assert server.lost == 0


def test_a_server_put_back_from_a_copy_is_told(bench: Bench, server: FakeServer, link: Link) -> None:
    """Records that were acknowledged and are now nowhere become a finding and are counted by the server."""
    add(bench, 10)
    send_all(link, bench)
    server.mark = 6
    add(bench, 1)
    send_all(link, bench)
    assert server.mark == 12
    assert server.lost == 4
    finding = next(one for one in server.records if one.kind == "finding")
    assert b'"action":"server_restored"' in finding.raw
    assert b'"first_seq":7,"last_seq":10' in finding.raw
    assert bench.spool.stats().refused == 4


def test_an_agent_put_back_from_a_copy_renumbers_and_tells(
    bench: Bench, server: FakeServer, link: Link
) -> None:
    """Numbers the server holds for other records are not used again."""
    add(bench, 3)
    server.mark = 50
    send_all(link, bench)
    assert [seq for seq in server.stored if seq <= 53] == [51, 52, 53]
    assert b'"action":"agent_restored"' in server.stored[54]


def test_what_the_spool_refused_is_accounted_for(bench: Bench, server: FakeServer, link: Link) -> None:
    """A gap at the start of a batch is declared, so that the server counts it and goes on."""
    bench.spool._limit = 256 * 1024
    bench.spool._segment_bytes = 16 * 1024
    for _ in range(60):
        bench.spool.append([Item(bytes(range(256)) * 8, 1) for _ in range(10)])
    for _ in range(60):
        bench.spool.append([Item(os.urandom(2000), 1) for _ in range(10)])
    refused = bench.spool.stats().refused
    assert refused > 0
    send_all(link, bench)
    assert server.lost == refused
    assert len(server.stored) + refused == 1200


def test_a_late_heartbeat_does_no_harm(bench: Bench, server: FakeServer, link: Link) -> None:
    """A mark older than what was acknowledged since is not taken for a server that forgot."""
    add(bench, 10)
    send_all(link, bench)
    link.learn(4)
    assert bench.spool.stats().acknowledged == 10
    add(bench, 5)
    link.learn(13)
    assert bench.spool.stats().records == 2


def test_a_nonsense_answer_lets_nothing_go(bench: Bench, server: FakeServer, link: Link) -> None:
    """Only a mark frees records: a 200 without one, or a 404, does not."""
    add(bench, 2)
    server.faults = [200, 404, 400]
    assert all(link.step() > 0 for _ in range(3))
    assert bench.spool.stats().records == 2
    assert link.figures()["state"] == "refused"


def test_an_idle_link_sends_at_once(
    bench: Bench, server: FakeServer, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that appears while the link is idle leaves: no poll is waited for."""
    monkeypatch.setattr("tocsin.agent.link._IDLE_S", 10 * PATIENCE_S)
    stop = threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,))
    thread.start()
    for number in range(1, 6):
        time.sleep(0.03)  # in which it becomes idle
        add(bench, 1)
        until(lambda number=number: len(server.stored) == number)
    stop.set()
    add(bench, 1)  # wakes it
    thread.join(PATIENCE_S)


def test_draining_ends_in_time(bench: Bench, server: FakeServer, link: Link) -> None:
    """At the end what can be sent is sent; a server that is away does not hold the agent up."""
    add(bench, 3000)
    assert link.drain(time.monotonic() + PATIENCE_S)
    assert len(server.stored) == 3000
    add(bench, 1)
    server.faults = ["drop_before"] * 5
    assert not link.drain(time.monotonic() + PATIENCE_S)
