"""Tell whoever listens that something changed; listeners fetch what they may see themselves."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Topic = Literal["alert", "case", "run", "agent", "source", "commit", "rules", "intel"]

_BACKLOG = 1000


@dataclass(frozen=True, slots=True)
class Announcement:
    """`subject` of kind `topic` was created or changed; it carries no content."""

    topic: Topic
    subject: str


class Announcer:
    """Fans announcements out to listeners of this process; thread safe, never blocks the teller.

    A listener that falls more than 1,000 behind loses the oldest: it should then reload.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[queue.Queue[Announcement]] = set()

    def tell(self, topic: Topic, subject: str) -> None:
        """Announce a change; call it after the change is committed."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            _offer(listener, Announcement(topic, subject))

    @contextmanager
    def listen(self) -> Iterator[queue.Queue[Announcement]]:
        """Yield a queue that receives every announcement made from now on."""
        listener: queue.Queue[Announcement] = queue.Queue(_BACKLOG)
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)


def _offer(listener: queue.Queue[Announcement], announcement: Announcement) -> None:
    while True:
        try:
            listener.put_nowait(announcement)
            return
        except queue.Full:
            try:
                listener.get_nowait()
            except queue.Empty:
                continue
