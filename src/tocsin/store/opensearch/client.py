"""A small client for the REST interface of OpenSearch and Elasticsearch: few calls, patient, several hosts.

Own code over urllib3 instead of a vendor's client, since those refuse the other vendor's servers.
"""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import urllib3

from tocsin.core.errors import InvalidError
from tocsin.store.base import StoreError

_BUSY = frozenset({429, 502, 503, 504})
_LASTING = frozenset({"cluster_block_exception", "too_many_buckets_exception"})
"""Refused with a status of overload, but the same again however long one waits."""
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


class RefusedError(StoreError):
    """The server understood the request and refused it; `status` and `kind` are its own."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(f"the search server refused ({status} {kind}): {reason}")
        self.status = status
        self.kind = kind


class UnavailableError(StoreError):
    """No host answered, or all were too busy, for as long as patience lasts."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the servers are and how to reach them. Either a user and a password, or an API key."""

    hosts: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca: Path | None = None
    """PEM file of the authority that signed the servers' certificates; None: the system's."""
    timeout_s: float = 30.0
    """For one answer."""
    patience_s: float = 60.0
    """For how long a request is repeated while nobody answers or all are busy."""

    def headers(self) -> dict[str, str]:
        """Return what every request carries."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.api_key:
            return headers | {"authorization": f"ApiKey {self.api_key}"}
        if self.user:
            credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return headers | {"authorization": f"Basic {credentials}"}
        return headers


class Client:
    """Sends requests, to the next host when one does not answer. Thread safe.

    A request may be carried out twice, when its answer was lost; callers send only what bears that.
    """

    def __init__(self, access: Access, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._access = access
        self._sleep = sleep
        self._headers = access.headers()
        self._hosts = [_checked(host) for host in access.hosts]
        if not self._hosts:
            raise InvalidError("the address of a search server is missing")
        self._turn = 0
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(
            num_pools=len(self._hosts),
            maxsize=8,
            ca_certs=str(access.ca) if access.ca else None,
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=5.0, read=access.timeout_s),
            retries=False,
        )

    @property
    def timeout_s(self) -> float:
        """How long one answer is waited for before the request is sent again."""
        return self._access.timeout_s

    def get(self, path: str, **params: str) -> Any:
        """Return the answer to a GET."""
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **params: str) -> Any:
        """Return the answer to a POST."""
        return self.call("POST", path, body, params=params)

    def put(self, path: str, body: Any = None, **params: str) -> Any:
        """Return the answer to a PUT."""
        return self.call("PUT", path, body, params=params)

    def delete(self, path: str, **params: str) -> Any:
        """Return the answer to a DELETE."""
        return self.call("DELETE", path, params=params)

    def lines(self, path: str, lines: Sequence[Any], **params: str) -> Any:
        """Return the answer to a POST of one JSON document a line."""
        body = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines) + b"\n"
        return self.call("POST", path, body, params=params)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        patience_s: float | None = None,
    ) -> Any:
        """Send a request until it is answered; raises `RefusedError`, `UnavailableError`.

        `patience_s` is for this request alone; 0 sends it once.
        """
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        until = time.monotonic() + (self._access.patience_s if patience_s is None else patience_s)
        pause = _FIRST_PAUSE_S
        while True:
            try:
                return self._ask(method, path, data, params or {})
            except (UnavailableError, RefusedError) as error:
                busy = isinstance(error, UnavailableError) or _is_busy(error)
                if not busy or time.monotonic() + pause > until:
                    raise
            self._sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _ask(self, method: str, path: str, data: bytes | None, params: Mapping[str, str]) -> Any:
        host = self._next_host()
        headers = self._headers
        if path.endswith(("_bulk", "_msearch")):
            headers = headers | {"content-type": "application/x-ndjson"}
        url = f"{host}/{path}"
        if params:
            url += "?" + "&".join(f"{name}={value}" for name, value in params.items())
        try:
            answer = self._pool.request(method, url, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            self._pass_over(host)
            raise UnavailableError(f"{host} does not answer: {error}") from error
        if answer.status >= 300:
            raise _refusal(answer.status, answer.data)
        return _decoded(host, answer.data)

    def _next_host(self) -> str:
        with self._lock:
            return self._hosts[self._turn % len(self._hosts)]

    def _pass_over(self, host: str) -> None:
        with self._lock:
            if self._hosts[self._turn % len(self._hosts)] == host:
                self._turn += 1


def _checked(host: str) -> str:
    parsed = urllib3.util.parse_url(host)
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.auth:
        raise InvalidError("a search server is given as https://name:9200, without user or password")
    return host.rstrip("/")


def _is_busy(error: RefusedError) -> bool:
    return error.status in _BUSY and error.kind not in _LASTING


def _refusal(status: int, data: bytes) -> RefusedError:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return RefusedError(status, "", data[:200].decode("utf-8", "replace"))
    error = found.get("error", found) if isinstance(found, dict) else {}
    if not isinstance(error, dict):
        return RefusedError(status, "", str(error)[:200])
    cause = error
    if error.get("type") == "search_phase_execution_exception":
        cause = (error.get("root_cause") or [{}])[0] or error.get("caused_by") or error
    return RefusedError(status, str(cause.get("type", "")), str(cause.get("reason", ""))[:500])


def _decoded(host: str, data: bytes) -> Any:
    if not data:
        return {}
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StoreError(f"{host} answered what is no JSON") from error
