"""The parts make one platform: it starts, works, stops, starts again, and fails without leaving anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.waiting import PATIENCE_S
from tocsin.app import open_intel, open_platform
from tocsin.core.actor import SYSTEM
from tocsin.core.errors import TocsinError
from tocsin.core.record import Record
from tocsin.folder import FolderError
from tocsin.intel import ImportOrder
from tocsin.platform import Platform
from tocsin.settings import Settings
from tocsin.store.base import Selection

pytestmark = [pytest.mark.slow]


def settings_of(folder: Path, **more: Any) -> Settings:
    return Settings(**({"data": folder, "ingest": {"workers": 0}, "http": {"port": 0}} | more))


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of loopback on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def lines(count: int, first: int = 1) -> list[Record]:
    return [
        Record("test", seq, b"Nov 24 10:00:00 web1 app: line %d" % seq, 1_795_000_000_000_000)
        for seq in range(first, first + count)
    ]


def stored(platform: Platform) -> int:
    return platform.store.count(Selection())


def test_it_serves_stops_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    """What was accepted is stored at the stop; the next start finds it; no thread of ours is left."""
    threads = set(threading.enumerate())
    platform = open_platform(settings_of(tmp_path))
    with pytest.raises(FolderError, match="another platform is running"):
        open_platform(settings_of(tmp_path))
    platform.start()
    assert "ok" == httpx.get(f"{platform.url}/healthz").json()["status"]
    assert platform.setup_token()
    platform.pipeline.submit("test", lines(100), gather=True)  # nobody waits for it
    url = platform.url
    platform.stop()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/healthz")
    assert [] == [one.name for one in set(threading.enumerate()) - threads if not one.daemon]

    again = open_platform(settings_of(tmp_path))
    try:
        again.start(serve=False)
        assert (100, 100, "") == (stored(again), again.pipeline.mark("test"), again.url)
        assert 120 == again.pipeline.submit("test", lines(50, 71)).result(PATIENCE_S)
        assert 120 == stored(again)
    finally:
        again.stop()


def test_our_own_content_is_in_force_without_a_problem(tmp_path: Path) -> None:
    """Nothing that comes with Tocsin is refused; with `own` off, none of it is there."""
    platform = open_platform(settings_of(tmp_path / "own"))
    assert ((), tmp_path / "own") == (platform.problems, platform.folder)
    platform.stop()

    bare = open_platform(settings_of(tmp_path / "bare", content={"own": False}))
    bare.start(serve=False)
    assert ((), []) == (bare.problems, list(bare.playbooks.list()))
    bare.stop()


@pytest.mark.parametrize("section", ["http", "syslog"])
def test_a_port_that_is_taken_leaves_nothing_running(tmp_path: Path, taken_port: int, section: str) -> None:
    """The error says where; after it the platform stops cleanly and the folder is free."""
    ports = {"http": {"port": taken_port}, "syslog": {"tcp_port": taken_port}}
    platform = open_platform(settings_of(tmp_path, **{section: ports[section]}))
    with pytest.raises(TocsinError, match=str(taken_port)) as caught:
        platform.start()
    platform.stop()
    assert "listen" == caught.value.code
    open_platform(settings_of(tmp_path)).stop()


def test_indicators_are_imported_beside_a_running_platform(tmp_path: Path) -> None:
    """`tocsin intel import` works on the folder that a platform uses, and the platform takes it up."""
    platform = open_platform(settings_of(tmp_path))
    feed = tmp_path / "feed.txt"
    feed.write_text("198.51.100.77\n")
    db, intel = open_intel(settings_of(tmp_path))
    assert 1 == intel.import_path(feed, ImportOrder("mine"), SYSTEM).added
    db.close()

    platform.intel.refresh()
    with platform.services.db.read() as tx:
        found = platform.intel.lookup(tx, "198.51.100.77")
    assert ["mine"] == [indicator.feed for indicator in found.indicators]
    platform.stop()


def test_an_opening_that_fails_leaves_the_folder_free(tmp_path: Path) -> None:
    """After a broken event log is mended, the same process can open the folder."""
    events = tmp_path / "events"
    events.write_text("not a folder")
    with pytest.raises((TocsinError, OSError)):
        open_platform(settings_of(tmp_path))
    events.unlink()

    open_platform(settings_of(tmp_path)).stop()
