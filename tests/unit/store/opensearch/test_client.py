"""The client: patient with those who are busy, quick with those who refuse, silent about secrets."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tocsin.core.errors import InvalidError
from tocsin.store.base import StoreError
from tocsin.store.opensearch.client import Access, Client, RefusedError, UnavailableError

Answer = tuple[int, Any]


class Scripted:
    """A server that gives the answers of a script, and remembers what it was asked."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.command, self.path, headers, body))
                status, content = outer.script.pop(0) if outer.script else (200, {})
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # named by the library

            def log_message(self, *_: Any) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server."""
    running = Scripted()
    yield running
    running.close()


@pytest.fixture
def connect(server: Scripted) -> Iterator[Callable[..., Client]]:
    """A function that makes a client of the server."""
    made: list[Client] = []

    def connected(*hosts: str, **access: Any) -> Client:
        patience = access.pop("patience_s", 3)
        known = Access(hosts or (server.url,), patience_s=patience, **access)
        made.append(Client(known, sleep=lambda _: None))
        return made[-1]

    yield connected
    for client in made:
        client.close()


BUSY = {"error": {"type": "es_rejected_execution_exception", "reason": "queue"}, "status": 429}


def test_busy_server_is_asked_again(server: Scripted, connect: Callable[..., Client]) -> None:
    """Too many requests, no master, a gateway's error: all pass."""
    server.script = [(429, BUSY), (503, {"error": "no master"}), (502, b"<html>"), (200, {"ok": 1})]
    assert {"ok": 1} == connect().post("x/_search", {"size": 0})
    assert 4 == len(server.asked)


def test_patience_ends(server: Scripted, connect: Callable[..., Client]) -> None:
    """Then the last refusal is what is raised."""
    server.script = [(429, BUSY)] * 100
    with pytest.raises(RefusedError, match="429"):
        connect(patience_s=0.5).get("x")
    assert 1 < len(server.asked) < 10


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "parsing_exception"), (401, "security_exception"), (429, "cluster_block_exception")],
)
def test_refusal_is_final(server: Scripted, connect: Callable[..., Client], status: int, kind: str) -> None:
    """A request that is wrong, not allowed or blocked is not repeated; the server's reason is told."""
    server.script = [(status, {"error": {"type": kind, "reason": "because"}})]
    with pytest.raises(RefusedError, match="because") as refused:
        connect().get("x")
    assert (status, kind, 1) == (refused.value.status, refused.value.kind, len(server.asked))


def test_cause_of_a_failed_search_is_found(server: Scripted, connect: Callable[..., Client]) -> None:
    """Not that a search failed but why."""
    cause = {"type": "too_many_buckets_exception", "reason": "more than 65535"}
    error = {"type": "search_phase_execution_exception", "reason": "all", "root_cause": [cause]}
    server.script = [(503, {"error": error})]
    with pytest.raises(RefusedError) as refused:
        connect().get("x")
    assert "too_many_buckets_exception" == refused.value.kind


def test_next_host_is_asked(server: Scripted, connect: Callable[..., Client]) -> None:
    """A host that is gone is passed over, and stays so while the other answers."""
    client = connect("http://127.0.0.1:1", server.url + "/")
    assert {} == client.get("x") == client.get("y")
    assert ["/x", "/y"] == [path for _, path, _, _ in server.asked]
    with pytest.raises(UnavailableError):
        connect("http://127.0.0.1:1", patience_s=0.2).get("x")


def test_credentials_are_sent_and_never_shown(server: Scripted, connect: Callable[..., Client]) -> None:
    """Basic authentication or an API key; neither is part of an error or a representation."""
    connect(user="u", password="p\u00e4ss").get("x")
    connect(api_key="key").get("x")
    basic = "Basic " + base64.b64encode("u:p\u00e4ss".encode()).decode()
    assert [basic, "ApiKey key"] == [headers["authorization"] for _, _, headers, _ in server.asked]
    access = Access(("http://x",), user="u", password="hunter2", api_key="hunter3")
    assert "hunter" not in repr(access)


def test_lines_end_with_a_newline(server: Scripted, connect: Callable[..., Client]) -> None:
    """As `_bulk` and `_msearch` want them, with their content type."""
    connect().lines("_bulk", [{"a": 1}, b'{"b":2}'], refresh="true")
    _, path, headers, body = server.asked[0]
    assert ("/_bulk?refresh=true", b'{"a":1}\n{"b":2}\n') == (path, body)
    assert "application/x-ndjson" == headers["content-type"]


def test_answer_that_is_no_json(server: Scripted, connect: Callable[..., Client]) -> None:
    """A proxy's page is not taken for an answer."""
    server.script = [(200, b"<html>hello</html>")]
    with pytest.raises(StoreError, match="no JSON"):
        connect().get("x")


@pytest.mark.parametrize("url", ["", "search:9200", "ftp://search", "http://u:p@search", "http://search?x=1"])
def test_address_is_checked(url: str) -> None:
    """A scheme and a name; secrets do not belong there and are not repeated."""
    with pytest.raises(InvalidError) as refused:
        Client(Access((url,)))
    assert "u:p" not in str(refused.value)
