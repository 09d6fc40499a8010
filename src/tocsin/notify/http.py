"""HTTP as senders use it: one request, no redirects, an address that was judged, a short answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3

from tocsin.notify.errors import DeliveryError
from tocsin.notify.guard import Guard

_LONGEST_ANSWER = 64 * 1024
_LONGEST_WAIT_S = 3_600.0
_TIMEOUT = urllib3.Timeout(connect=5.0, read=15.0)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON; raises `DeliveryError`."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise DeliveryError(
                f"the service answered {self.status} with something that is no JSON"
            ) from error


@dataclass(frozen=True, slots=True)
class HTTP:
    """Sends requests to where the guard lets them. `trusted` as in `Guard.address_of`."""

    guard: Guard
    trusted: bool = False
    ca: Path | None = None
    """PEM file of authorities that are believed instead of the system's."""

    def post_json(
        self, url: str, document: Any, *, headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> Answer:
        """Send a document; raises `DeliveryError` unless the service takes it."""
        given = {"Content-Type": "application/json", **(headers or {})}
        return self.send(url, msgspec.json.encode(document), headers=given, method=method)

    def send(self, url: str, body: bytes, *, headers: Mapping[str, str], method: str = "POST") -> Answer:
        """Send a body; raises `DeliveryError` unless the service takes it."""
        answer, after_s = self._exchange(url, body, headers, method)
        if 200 <= answer.status < 300:
            return answer
        said = answer.body[:300].decode("utf-8", "replace")
        said = "".join(char if char.isprintable() else " " for char in said).strip()
        raise DeliveryError(
            f"the service answered {answer.status}" + (f": {said}" if said else ""),
            permanent=answer.status < 500 and answer.status not in {408, 425, 429},
            after_s=after_s,
        )

    def _exchange(
        self, url: str, body: bytes, headers: Mapping[str, str], method: str
    ) -> tuple[Answer, float]:
        pool, path, host = self._pool(url)
        try:
            response = pool.urlopen(
                method,
                path,
                body=body,
                headers={"User-Agent": "tocsin", "Host": host, **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            answer = Answer(response.status, response.read(_LONGEST_ANSWER))
            wait = response.headers.get("Retry-After", "")
            return answer, min(float(wait), _LONGEST_WAIT_S) if wait.isdigit() else 0.0
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # Not the error's own text: it names the address with everything in it.
            raise DeliveryError(f"no answer from {host}: {_reason(error)}") from error
        finally:
            pool.close()

    def _pool(self, url: str) -> tuple[urllib3.HTTPConnectionPool, str, str]:
        """Return a connection to the judged address, the path to ask for and the host to name."""
        scheme, host, port, path, name = address_parts(url)
        address = self.guard.address_of(host, port, trusted=self.trusted)
        if scheme == "http":
            return urllib3.HTTPConnectionPool(address, port, timeout=_TIMEOUT), path, name
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=_TIMEOUT,
            server_hostname=host,
            assert_hostname=host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(self.ca) if self.ca else None,
        )
        return pool, path, name


def address_parts(url: str) -> tuple[str, str, int, str, str]:
    """Return scheme, host, port, path with query, and host as a header; raises `DeliveryError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DeliveryError(f"this is no address: {error}", permanent=True) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise DeliveryError("an address begins with https:// or http:// and names a host", permanent=True)
    if parts.username is not None:
        raise DeliveryError("the address holds a user name: give it as an option", permanent=True)
    host = parts.hostname
    shown = f"[{host}]" if ":" in host else host
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or _PORTS[parts.scheme], path, f"{shown}:{port}" if port else shown


def _reason(error: BaseException) -> str:
    inner: BaseException = error
    while (deeper := getattr(inner, "reason", None) or inner.__cause__) and isinstance(deeper, BaseException):
        inner = deeper
    if isinstance(inner, urllib3.exceptions.TimeoutError):
        return "it took too long"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return type(inner).__name__
