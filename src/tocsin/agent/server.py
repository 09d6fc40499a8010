"""The server as the agent sees it: three requests over one kept connection."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from tocsin import __version__
from tocsin.agent.errors import AgentError, LinkError, UnauthorizedError
from tocsin.agent.identity import Identity

_ANSWER_LIMIT = 64 * 1024
_API = "/api/agent/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; `document` is its JSON object, empty when it has none."""

    status: int
    document: Mapping[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None

    @property
    def mark(self) -> int | None:
        """The highest durable sequence the server names, if it names one."""
        mark = self.document.get("mark")
        return mark if isinstance(mark, int) and mark >= 0 else None

    @property
    def reason(self) -> str:
        """The server's words for what is wrong."""
        return str(self.document.get("detail") or self.document.get("title") or f"status {self.status}")


class Server(Protocol):
    """What link and heartbeat need of a server. Every method raises `LinkError` when there is no answer."""

    def batch(self, body: bytes, first: int, last: int) -> Answer:
        """Offer compressed records that account for the sequences `first` to `last`."""
        ...

    def heartbeat(self, body: Mapping[str, Any]) -> Answer:
        """Say how the agent is."""
        ...


class HTTPServer:
    """Speaks HTTP/1.1 with the standard library alone: an HTTP package would double the agent's memory.

    One connection, opened when needed and again after a failure; redirects are not followed. Thread safe,
    one request at a time.
    """

    def __init__(self, url: str, *, key: str = "", ca: str = "", timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AgentError(f"{url!r} is no address of a server (https://host[:port])")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._key = key
        self._ca = ca
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None

    def enrol(self, token: str, name: str, host: Mapping[str, Any]) -> tuple[str, str]:
        """Trade an enrolment token for an agent id and its key. Raises `UnauthorizedError`, `LinkError`."""
        body = msgspec.json.encode({"token": token, "name": name, "host": host})
        answer = self._post("/enrol", body, {"Content-Type": "application/json"})
        if answer.status in (401, 403):
            raise UnauthorizedError(f"the server refused the token: {answer.reason}")
        agent_id, key = answer.document.get("agent_id"), answer.document.get("key")
        if answer.status not in (200, 201) or not isinstance(agent_id, str) or not isinstance(key, str):
            raise LinkError(f"enrolment failed: {answer.reason}")
        return agent_id, key

    def batch(self, body: bytes, first: int, last: int) -> Answer:
        """Offer compressed records that account for the sequences `first` to `last`."""
        headers = {
            "Content-Type": "application/zstd",
            "X-Tocsin-First": str(first),
            "X-Tocsin-Last": str(last),
        }
        return self._post("/batch", body, headers)

    def heartbeat(self, body: Mapping[str, Any]) -> Answer:
        """Say how the agent is."""
        return self._post("/heartbeat", msgspec.json.encode(body), {"Content-Type": "application/json"})

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            had_connection = self._connection is not None
            try:
                return self._exchange(path, body, headers)
            except (http.client.HTTPException, OSError) as error:
                self._drop()
                # A kept connection may have been closed by the server meanwhile. Each request may be
                # made twice without harm: batches are recognised by their sequences.
                if not had_connection or isinstance(error, TimeoutError) or path == "/enrol":
                    raise LinkError(f"no answer from {self._host}: {error!r}") from error
            try:
                return self._exchange(path, body, headers)
            except (http.client.HTTPException, OSError) as error:
                self._drop()
                raise LinkError(f"no answer from {self._host}: {error!r}") from error

    def _exchange(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        sent = {"User-Agent": f"tocsin-agent/{__version__}", "Accept": "application/json", **headers}
        if self._key:
            sent["Authorization"] = f"Bearer {self._key}"
        self._connection.request("POST", f"{self._path}{_API}{path}", body, sent)
        response = self._connection.getresponse()
        content = response.read(_ANSWER_LIMIT + 1)
        if len(content) > _ANSWER_LIMIT or response.will_close:
            self._drop()
        elif response.length:
            raise http.client.IncompleteRead(content, response.length)
        return Answer(response.status, _object(content), _seconds(response.headers.get("Retry-After")))

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        context = ssl.create_default_context(cafile=self._ca or None)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=context)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def server_of(identity: Identity, *, url: str = "", ca: str = "", timeout_s: float = 30.0) -> HTTPServer:
    """Return the server an enrolled agent talks to; `url` and `ca` replace what it was enrolled with."""
    return HTTPServer(url or identity.server, key=identity.key, ca=ca or identity.ca, timeout_s=timeout_s)


def _object(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return {}


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
