"""The HTTP client: whom it trusts, and what it makes of odd answers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.certificates import self_signed
from harness.waiting import PATIENCE_S
from tocsin.agent.errors import AgentError, LinkError
from tocsin.agent.server import HTTPServer

if TYPE_CHECKING:
    from tests.unit.agent.conftest import FakeServer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    return self_signed(tmp_path)


@pytest.fixture
def secure(server: FakeServer, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The fake server's address, now speaking TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    handler = server.http.RequestHandlerClass

    def finish_request(request: socket.socket, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(request, server_side=True) as wrapped:
            handler(wrapped, address, server.http)

    monkeypatch.setattr(server.http, "finish_request", finish_request)
    return server.url.replace("http://", "https://")


def test_a_trusted_server_is_spoken_to(secure: str, certificate: tuple[Path, Path]) -> None:
    """With the authority given, TLS works."""
    client = HTTPServer(secure, key="secret-key", ca=str(certificate[0]), timeout_s=PATIENCE_S)
    assert client.heartbeat({"spool": {}}).mark == 0
    client.close()


def test_a_stranger_learns_neither_token_nor_key(secure: str, server: FakeServer) -> None:
    """A certificate that no trusted authority vouches for ends the connection before anything is sent."""
    client = HTTPServer(secure, key="secret-key", timeout_s=PATIENCE_S)
    with pytest.raises(LinkError, match="CERTIFICATE_VERIFY_FAILED"):
        client.heartbeat({})
    with pytest.raises(LinkError):
        client.enrol("token", "web1", {})
    assert server.beats == []
    assert server.enrolled == {}


@pytest.mark.parametrize("url", ["", "ftp://x", "https://", "tocsin.example", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """Only http and https addresses with a host are servers."""
    with pytest.raises(AgentError):
        HTTPServer(url)


@pytest.fixture
def talker() -> Iterator[tuple[str, list[bytes]]]:
    """A server that says whatever the test puts into the list."""
    answers: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(ConnectionError), connection:
                    connection.recv(65536)
                    connection.sendall(answers[0])

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", answers
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,2,3]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"mark":-1}',
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"mark":"many"}',
        b"HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b"[" * 5_000_000,
    ],
)
def test_an_odd_answer_has_no_mark(talker: tuple[str, list[bytes]], answer: bytes) -> None:
    """Wrong shapes, redirects and endless answers free no record; only a part of them is read."""
    url, answers = talker
    answers.append(answer)
    client = HTTPServer(url, timeout_s=PATIENCE_S)
    assert client.heartbeat({}).mark is None
    client.close()


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"]
)
def test_what_is_no_answer_is_a_link_error(talker: tuple[str, list[bytes]], answer: bytes) -> None:
    """Silence, another protocol and a cut answer all mean: try again later."""
    url, answers = talker
    answers.append(answer)
    client = HTTPServer(url, timeout_s=PATIENCE_S)
    with pytest.raises(LinkError):
        client.heartbeat({})
