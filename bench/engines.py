"""The logs that `store.py` measures, and how the disk and the process of each are read."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil

from log_events import SPAN_US, START, log_events
from opensearch_peer import Peer
from questions import Ask, questions
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.event import Event
from tocsin.store.base import Batch, EventStore
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.store.retention import Policy

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from harness.opensearch import Node, new_node

_GROUND = "/var/tmp"  # on a disk: /tmp may be memory
_LAST_DAY = START + SPAN_US - DAY
_LEASES_S = 35
"""OpenSearch moves on what it keeps for replicas every 30 seconds."""
_WARM_UP_BATCH = 5_000


class Engine(ABC):
    """A log to measure."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU its process has used."""
        used = self.process.cpu_times()
        return used.user + used.system

    @property
    def rss(self) -> int:
        """Bytes of memory its process holds."""
        found: int = self.process.memory_info().rss
        return found

    @abstractmethod
    def write(self, batches: Sequence[list[Event]]) -> float:
        """Make batches durable and return the seconds that took, without what makes them ready."""

    @abstractmethod
    def disk(self) -> int:
        """Return the bytes that its files take."""

    @abstractmethod
    def finish(self) -> None:
        """Bring the events into the form in which days that are over are kept."""

    @abstractmethod
    def questions(self, *, remembered: bool) -> dict[str, Ask]:
        """Return the ten questions; `remembered` lets it give an answer again that it gave before."""

    @abstractmethod
    def settle(self) -> None:
        """Wait until `finish` can be done for good."""

    @abstractmethod
    def warm_up(self, count: int) -> None:
        """Work for some events of another log, as a server in earnest has."""


class Embedded(Engine):
    """Our log in a folder of its own, in this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(psutil.Process().pid)
        self._days = folder / "days"
        self._store = DuckDBStore(folder, ManualClock(START + SPAN_US + DAY))

    def write(self, batches: Sequence[list[Event]]) -> float:
        """Commit one after the other, as it has one writer."""
        return _commit(self._store, batches)

    def disk(self) -> int:
        """Return the size of the days' files."""
        return sum(path.stat().st_size for path in self._days.iterdir())

    def settle(self) -> None:
        """Its days can be sealed at any time."""

    def warm_up(self, count: int) -> None:
        """It is compiled already."""

    def finish(self) -> None:
        """Seal the days."""
        self._store.keeping(Policy(), 0).apply()

    def questions(self, *, remembered: bool) -> dict[str, Ask]:  # noqa: ARG002 - it remembers nothing
        """Ask through the contract of every log."""
        return questions(self._store, _LAST_DAY)

    def close(self) -> None:
        """Close its files."""
        self._store.close()


class Server(Engine):
    """What two logs on a node of OpenSearch have in common."""

    pattern: str

    def __init__(self, node: Node) -> None:
        super().__init__(node.pid)
        self._data = node.folder / "data"
        self._url = node.url
        self._client = Client(Access((node.url,), timeout_s=600))

    def disk(self) -> int:
        """Return the size of the files of indices; what the server says of it is some seconds old."""
        return sum(path.stat().st_size for path in self._data.rglob("index/*"))

    def settle(self) -> None:
        """Wait: until then a merge keeps whole documents, as a replica might ask for them."""
        time.sleep(_LEASES_S)

    def finish(self) -> None:
        """Make one segment of each index."""
        self._client.post(f"{self.pattern}/_forcemerge?max_num_segments=1")
        self._client.post(f"{self.pattern}/_flush")
        self._client.post(f"{self.pattern}/_refresh")  # which lets go of the files merged

    def warm_up(self, count: int) -> None:
        """Write and ask until the server has compiled what it does, and delete it again."""
        for batch in _batches(log_events(count), _WARM_UP_BATCH):
            self.write([batch])
        for _ in range(10 if count else 0):
            for ask in self.questions(remembered=False).values():
                ask()
        self.forget()

    @abstractmethod
    def forget(self) -> None:
        """Delete every event."""


class PlainOpenSearch(Server):
    """OpenSearch as people run it for logs."""

    pattern = "logs-*"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._peer = Peer(self._client)
        self._last = 0

    def write(self, batches: Sequence[list[Event]]) -> float:
        """Send the batches' bulk requests, which are written out before."""
        requests = [self._peer.prepared(batch) for batch in batches]
        self._last = batches[-1][-1].seq
        begun = time.perf_counter()
        self._peer.write(requests)
        return time.perf_counter() - begun

    def questions(self, *, remembered: bool) -> dict[str, Ask]:
        """Ask in its own language."""
        return self._peer.questions(_LAST_DAY, self._last // 2, remembered=remembered)

    def forget(self) -> None:
        """Delete the indices."""
        self._client.delete(self.pattern)

    def close(self) -> None:
        """Close the connections."""
        self._peer.close()
        self._client.close()


class OnOpenSearch(Server):
    """Our log on OpenSearch."""

    pattern = "bench-*"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._store = self._open()

    def write(self, batches: Sequence[list[Event]]) -> float:
        """Commit one after the other, as it has one writer."""
        return _commit(self._store, batches)

    def questions(self, *, remembered: bool) -> dict[str, Ask]:  # noqa: ARG002 - the server decides that
        """Ask through the contract of every log."""
        return questions(self._store, _LAST_DAY)

    def forget(self) -> None:
        """Begin a new log."""
        self._store.close()
        self._client.delete(self.pattern)
        self._store = self._open()

    def close(self) -> None:
        """Close the connections."""
        self._store.close()
        self._client.close()

    def _open(self) -> OpenSearchStore:
        return OpenSearchStore(Access((self._url,), timeout_s=600), Layout("bench"))


class _NodeInEarnest(Node):
    """A node with the whole compiler, and a heap as the product recommends at least."""

    def _command(self, home: Path) -> list[str]:
        left_out = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}
        return [word for word in super()._command(home) if word not in left_out]


@contextmanager
def embedded() -> Iterator[Engine]:
    """Yield our own log."""
    with tempfile.TemporaryDirectory(dir=_GROUND) as folder:
        engine = Embedded(Path(folder))
        yield engine
        engine.close()


@contextmanager
def _on_a_node(made: Callable[[Node], PlainOpenSearch | OnOpenSearch]) -> Iterator[Engine]:
    bare = new_node(_GROUND)
    node = _NodeInEarnest(bare.folder, bare.java, bare.user, bare.port, heap="1g")
    try:
        node.start()
        engine = made(node)
        yield engine
        engine.close()
    finally:
        if node.pid:
            node.kill()
        shutil.rmtree(node.folder, ignore_errors=True)


ENGINES = {
    "duckdb": embedded,
    "opensearch": lambda: _on_a_node(PlainOpenSearch),
    "tocsin-on-opensearch": lambda: _on_a_node(OnOpenSearch),
}


def _batches(events: Iterator[Event], size: int) -> Iterator[list[Event]]:
    while batch := list(islice(events, size)):
        yield batch


def _commit(store: EventStore, batches: Sequence[list[Event]]) -> float:
    begun = time.perf_counter()
    for batch in batches:
        store.commit(Batch(batch[0].source, batch, batch[-1].seq))
    return time.perf_counter() - begun
