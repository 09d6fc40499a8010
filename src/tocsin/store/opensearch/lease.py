"""Who may write to a log on a cluster: one process at a time, by a document that is renewed while it lives.

A lease is taken by its version (`if_seq_no`), so that one of two that want it gets it. Whoever wants one that
is held watches it: renewed meanwhile, it is refused; not renewed for as long as it is good, it is taken over.
Only time that passes here is measured, never compared with another machine's clock. A holder that was stopped
for too long finds out before it acknowledges anything.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from tocsin.core.clock import SystemClock, to_iso
from tocsin.store.base import StoreError
from tocsin.store.opensearch.client import Client, RefusedError
from tocsin.store.opensearch.mapping import Layout

GOOD_FOR_S = 30.0
_RENEWALS = 3
_LOOKS = 60

log = structlog.get_logger(__name__)

_Version = Mapping[str, str]


class WriterLease:
    """The right to write. Thread safe; a thread of its own renews it from `take` to `release`.

    `owner` names what can only be held once at a time by other means, such as a locked data folder: a lease
    of the same owner is taken over at once, since who had it is gone.
    """

    def __init__(
        self,
        client: Client,
        layout: Layout,
        owner: str = "",
        good_for_s: float = GOOD_FOR_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._layout = layout
        self._owner = owner or secrets.token_hex(8)
        self._good_for_s = good_for_s
        self._monotonic = monotonic
        self.token = secrets.token_hex(8)
        """Names this process in what it writes."""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._version: _Version | None = None
        self._renewed_at = 0.0
        self._since = ""

    def take(self) -> bool:
        """Take the lease, say whether it was not held before; raises `StoreError` that says who has it."""
        if self._version is not None:
            return False
        self._since = to_iso(SystemClock().now())
        first: tuple[_Version, float] | None = None
        while True:
            found = self._found()
            if found is None:
                if self._write("_create", {}):
                    break
                continue
            version = _version_of(found)
            if first is None:
                first = version, self._monotonic()
                log.info("writing_is_held", by=found["_source"]["holder"], good_for_s=self._good_for_s)
            waited = self._monotonic() - first[1]
            theirs = found["_source"]["holder"]
            if theirs["owner"] == self._owner or (version == first[0] and waited >= self._good_for_s):
                if self._write("_doc", version):
                    log.info("writing_taken_over", host=theirs["host"], process=theirs["process"])
                    break
            elif version != first[0]:
                raise self._refused(theirs)
            self._ended.wait(self._good_for_s / _LOOKS)
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="store-lease", daemon=True)
            self._thread.start()
        return True

    def confirm(self) -> None:
        """Make sure that the lease is still held; raises `StoreError` when another process has it."""
        with self._lock:
            age_s = self._monotonic() - self._renewed_at
            if self._version is None or age_s >= self._good_for_s * 2 / _RENEWALS:
                self._renew()

    def release(self) -> None:
        """Give the lease back, so that the next need not wait; says nothing when the cluster is away."""
        self._ended.set()
        with self._lock, suppress(StoreError):
            if self._version is not None:
                self._client.call("DELETE", self._path("_doc"), params=self._version, patience_s=0)
            self._version = None

    def _keep(self) -> None:
        while not self._ended.wait(self._good_for_s / _RENEWALS):
            with self._lock, suppress(StoreError):  # who writes next finds out what is the matter
                if self._version is not None:
                    self._renew(patience_s=0)

    def _renew(self, patience_s: float | None = None) -> None:
        if self._version is None or not self._write("_doc", self._version, patience_s):
            self._version = None
            found = self._found()
            raise self._refused(found["_source"]["holder"] if found else {})

    def _write(self, how: str, version: _Version, patience_s: float | None = None) -> bool:
        """Write the document over the version given; says whether it was still that."""
        at = self._monotonic()
        holder = {
            "owner": self._owner,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "since": self._since,
        }
        body = {"kind": "writer", "writer": self.token, "holder": holder}
        try:
            answer = self._client.call("PUT", self._path(how), body, params=version, patience_s=patience_s)
        except RefusedError as error:
            if error.status != 409:
                raise
            answer = self._found()
            if answer is None or answer["_source"]["writer"] != self.token:
                return False  # else it was our own attempt, whose answer was lost
        self._version, self._renewed_at = _version_of(answer), at
        return True

    def _found(self) -> Any:
        try:
            return self._client.get(self._path("_doc"))
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    def _path(self, how: str) -> str:
        return f"{self._layout.log}/{how}/writer"

    def _refused(self, holder: Mapping[str, Any]) -> StoreError:
        who = "another process has"
        if holder:
            who = f"process {holder['process']} on {holder['host']} has since {holder['since']}"
        return StoreError(
            f"{who} the right to write to the log `{self._layout.prefix}`, and only one may: stop that one;"
            f" should it die, another can take over {self._good_for_s:g} seconds later"
        )


def _version_of(found: Mapping[str, Any]) -> _Version:
    return {"if_seq_no": str(found["_seq_no"]), "if_primary_term": str(found["_primary_term"])}
