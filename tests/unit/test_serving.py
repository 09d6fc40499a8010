"""The HTTP server takes its port at once, answers until it is stopped, and lets go of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from harness.certificates import self_signed
from harness.waiting import PATIENCE_S
from tocsin.serving import HTTPServer, ListenError


@pytest.fixture
def app() -> FastAPI:
    """An application with a slow route, which waits until it is let go."""
    made = FastAPI()
    made.state.closing = threading.Event()
    made.state.asked, made.state.let_go = threading.Event(), threading.Event()

    @made.get("/")
    def hello() -> str:
        return "hello"

    @made.get("/slow")
    def slow() -> str:
        made.state.asked.set()
        made.state.let_go.wait(PATIENCE_S)
        return "done"

    return made


@pytest.fixture
def server(app: FastAPI) -> Iterator[HTTPServer]:
    """A server on a free port of loopback."""
    running = HTTPServer(app, "127.0.0.1", 0)
    running.start()
    yield running
    running.stop()


def test_port_zero_takes_a_free_one(server: HTTPServer) -> None:
    """The address says which, and the server answers there without its name."""
    answer = httpx.get(server.url)
    assert (200, '"hello"') == (answer.status_code, answer.text)
    assert f"http://127.0.0.1:{server.port}" == server.url
    assert "server" not in answer.headers


def test_a_port_that_is_taken_is_said_with_its_address(server: HTTPServer, app: FastAPI) -> None:
    """The error names address and port, and nothing is left open."""
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1 port {server.port}: "):
        HTTPServer(app, "127.0.0.1", server.port)


def test_a_host_that_is_not_ours_is_said(app: FastAPI) -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1 port 80"):
        HTTPServer(app, "192.0.2.1", 80)


def test_stopping_ends_streams_and_lets_requests_end(app: FastAPI) -> None:
    """A request under way is answered; afterwards the port is free."""
    server = HTTPServer(app, "127.0.0.1", 0)
    server.start()
    answers: list[str] = []
    asking = threading.Thread(
        target=lambda: answers.append(httpx.get(f"{server.url}/slow", timeout=PATIENCE_S).text)
    )
    asking.start()
    assert app.state.asked.wait(PATIENCE_S)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    assert app.state.closing.wait(PATIENCE_S)
    app.state.let_go.set()
    stopping.join(PATIENCE_S)
    asking.join(PATIENCE_S)

    assert ['"done"'] == answers
    with socket.socket() as again:
        again.bind(("127.0.0.1", server.port))


def test_a_certificate_makes_it_https(app: FastAPI, tmp_path: Path) -> None:
    """With certificate and key it speaks TLS and nothing else."""
    certificate, key = self_signed(tmp_path)
    server = HTTPServer(app, "127.0.0.1", 0, certificate=certificate, key=key)
    server.start()
    try:
        assert server.url.startswith("https://")
        context = ssl.create_default_context(cafile=certificate)
        assert 200 == httpx.get(server.url, verify=context).status_code
        with pytest.raises(httpx.TransportError):
            httpx.get(server.url.replace("https", "http"))
    finally:
        server.stop()


def test_an_address_of_ip6_stands_in_brackets(app: FastAPI) -> None:
    """So that the address can be opened as it is printed."""
    try:
        server = HTTPServer(app, "::1", 0)
    except ListenError as error:
        pytest.skip(f"no IPv6 here: {error}")
    server.start()
    try:
        assert f"http://[::1]:{server.port}" == server.url
        assert 200 == httpx.get(server.url).status_code
    finally:
        server.stop()
