"""Numbered lines that flow into a server by every way in, until told to stop, through any failure."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import httpx

from harness.lumberjack import Sender, line
from harness.waiting import PATIENCE_S

_PAUSE_S = 0.2
_PATIENCE_S = 3 * PATIENCE_S  # what was begun may have to wait for a server that starts


class Flow:
    """Sends numbered lines. `sent` of them were sent, `acknowledged` hold the numbers that were answered."""

    name = ""
    size = 20

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged: set[int] = set()
        self._stopping = threading.Event()
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"flow-{self.name}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no further lines."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until those begun are acknowledged, or until patience is at its end."""
        self._thread.join(_PATIENCE_S)
        self._given_up.set()
        self._thread.join()

    def text(self, number: int) -> str:
        """Return the line of a number."""
        return f"flow {self.name} number {number} of many"

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_S):
            numbers = range(self.sent, self.sent + self.size)
            self.sent += self.size
            while not self._given_up.is_set():
                try:
                    if self._send(numbers):
                        break
                except (OSError, EOFError, httpx.HTTPError):
                    pass
                self._given_up.wait(0.1)

    def _send(self, numbers: range) -> bool:
        """Send lines; tell whether they need not be sent again. Raises what a connection raises."""
        raise NotImplementedError


class FileFlow(Flow):
    """Writes to a file that an agent follows."""

    name = "agent"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def _send(self, numbers: range) -> bool:
        with self._path.open("a") as log:
            log.writelines(f"Nov 24 10:00:00 web1 app[7]: {self.text(number)}\n" for number in numbers)
        return True


class SyslogFlow(Flow):
    """Syslog over TCP, which has no acknowledgements: what a broken connection loses is lost."""

    name = "syslog"

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._socket: socket.socket | None = None

    def _send(self, numbers: range) -> bool:
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_S)
            self._socket.sendall("".join(f"<13>{self.text(number)}\n" for number in numbers).encode())
        except OSError:
            self._close()
        return True

    def join(self) -> None:
        super().join()
        self._close()

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class BulkFlow(Flow):
    """Documents with names to `_bulk`, each sent until it is answered."""

    name = "bulk"

    def __init__(self, url: str, key: str) -> None:
        super().__init__()
        self._client = httpx.Client(
            base_url=f"{url}/compat/elastic", headers={"Authorization": f"ApiKey {key}"}, timeout=PATIENCE_S
        )

    def _send(self, numbers: range) -> bool:
        wanted = [number for number in numbers if number not in self.acknowledged]
        body = "".join(
            f"{json.dumps({'index': {'_index': 'flow', '_id': f'n{number}'}})}\n"
            f"{json.dumps({'message': self.text(number)})}\n"
            for number in wanted
        )
        answer = self._client.post("/_bulk", content=body)
        if not answer.is_success:
            return False
        for number, item in zip(wanted, answer.json()["items"], strict=True):
            if item["index"]["status"] in (200, 201):
                self.acknowledged.add(number)
        return self.acknowledged.issuperset(numbers)

    def join(self) -> None:
        super().join()
        self._client.close()


class BeatsFlow(Flow):
    """Windows as Filebeat sends them, each sent over a new connection until it is acknowledged."""

    name = "beats"

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._sender: Sender | None = None

    def _send(self, numbers: range) -> bool:
        try:
            self._sender = self._sender or Sender(("127.0.0.1", self._port))
            self._sender.send([line(number, self.text(number)) for number in numbers])
        except (OSError, EOFError):
            self._close()
            raise
        self.acknowledged.update(numbers)
        return True

    def join(self) -> None:
        super().join()
        self._close()

    def _close(self) -> None:
        if self._sender is not None:
            self._sender.close()
        self._sender = None
