"""Live events over HTTP, from a real server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, get_args

import httpx
import uvicorn
from fastapi import FastAPI

from harness.waiting import PATIENCE_S, until
from tocsin.accounts import ROLES, Role
from tocsin.api.application import build, close_streams
from tocsin.api.services import APISettings, Services
from tocsin.api.stream import audible
from tocsin.core.actor import SYSTEM
from tocsin.core.announce import Topic


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listener.close()


def key(services: Services, role: Role) -> dict[str, str]:
    with services.db.write() as tx:
        _, secret = services.accounts.keys.add(tx, "listener", role, actor=SYSTEM)
    return {"Authorization": f"Bearer {secret}"}


def test_listeners_hear_what_their_role_may_see(platform: Services) -> None:
    """Each subject comes once, as event and id; topics of other permissions do not come."""
    headers = key(platform, "read-only")
    with (
        served(build(platform)) as address,
        httpx.stream("GET", f"{address}/api/v1/stream", headers=headers, timeout=PATIENCE_S) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ": listening"
        for _ in range(3):
            platform.announcer.tell("alert", "alert_1")
        platform.announcer.tell("case", "case_1")
        heard: list[tuple[str, Any]] = []
        event = ""
        for line in lines:
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            if line.startswith("data: "):
                heard.append((event, json.loads(line.removeprefix("data: "))))
            if ("case", {"subject": "case_1"}) in heard:
                break
    assert heard.count(("alert", {"subject": "alert_1"})) in {1, 2}
    assert {topic for topic, _ in heard} == {"alert", "case"}


def test_streams_end_when_the_platform_stops(platform: Services) -> None:
    """The server need not wait for consoles that would listen for ever."""
    app = build(platform)
    with (
        served(app) as address,
        httpx.stream(
            "GET", f"{address}/api/v1/stream", headers=key(platform, "analyst"), timeout=PATIENCE_S
        ) as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines) == ": listening"
        close_streams(app)
        assert [line for line in lines if line] == []


def test_only_so_many_listen_at_a_time(platform: Services) -> None:
    """One more than the limit is told to come back; when one leaves there is room again."""
    services = replace(platform, api=APISettings(stream_clients=1))
    headers = key(platform, "read-only")
    with served(build(services)) as address:
        path = f"{address}/api/v1/stream"
        with httpx.stream("GET", path, headers=headers, timeout=PATIENCE_S) as first:
            lines = first.iter_lines()
            assert next(lines) == ": listening"
            refused = httpx.get(path, headers=headers, timeout=PATIENCE_S)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")

        def has_room() -> bool:
            with httpx.stream("GET", path, headers=headers, timeout=PATIENCE_S) as again:
                return again.status_code == 200

        until(has_room)


def test_a_role_hears_of_what_it_may_see() -> None:
    """A reader hears of everything, an agent of nothing."""
    assert audible(ROLES["agent"]) == frozenset()
    assert audible(ROLES["read-only"]) == set(get_args(Topic))
    assert audible({"cases:read"}) == {"case"}
