"""What analyzers ask, answered from the event log and from a folder of files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from tocsin.core.clock import DAY, MINUTE, Clock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.enrich.base import StoredFile
from tocsin.enrich.ports import Seen
from tocsin.query.tree import Node, Nothing, Or, Term, Text, Wildcard

LOOKS_BACK = 30 * DAY
"""How far back the log is asked: the whole of a log of many months is too much for each alert."""
REMEMBERED = 5 * MINUTE
_MOST_ANSWERS = 10_000
_READ_WHOLE = 100
"""As many events are read as they are; of more, the log tells the number and the first."""
_HOSTS_OF = 20

_FIELDS: dict[str, tuple[str, ...]] = {
    "ip": ("source.ip", "destination.ip", "client.ip", "server.ip", "host.ip"),
    "domain": ("url.domain", "destination.domain", "source.domain", "dns.question.name"),
    "url": ("url.full", "url.original"),
    "hash": ("file.hash.sha256", "file.hash.sha1", "file.hash.md5"),
    "email": ("email.from.address",),
    "user": ("user.name", "user.effective.name", "source.user.name"),
    "host": ("host.name", "host.hostname"),
    "path": ("file.path", "process.executable"),
    "process": ("process.name",),
}


def events_with(kind: str, value: str) -> Node:
    """Return the query of the events that hold a value: in the fields of its kind, or in their text.

    Values as short as a user's or a program's name are not looked for in the text.
    """
    if not value:
        return Nothing()
    terms: list[Node] = [Term(field, value) for field in _FIELDS.get(kind, ())]
    if kind == "filename":
        terms.append(Wildcard("file.path", f"*/{_escaped(value)}"))
    if kind not in {"user", "host", "process", "path", "filename"}:
        terms.append(Text(value))
    return Or(tuple(terms))


def _escaped(value: str) -> str:
    return "".join(f"\\{character}" if character in "\\*?" else character for character in value)


class EventPage(Protocol):
    """A page of events."""

    @property
    def events(self) -> Sequence[Event]:
        """The events."""
        ...


class EventReader(Protocol):
    """The part of the event log that is asked."""

    def count(self, selection: Any) -> int:
        """Return how many events are selected."""
        ...

    def search(
        self, selection: Any, *, order: Literal["newest", "oldest"] = "newest", limit: int = 100
    ) -> EventPage:
        """Return a page of the events selected."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the log said of a value, or will say, and until when that is good."""

    until: int
    seen: Future[Seen]


class LogHistory:
    """Says where a value stood in the event log in the time looked back on. Thread safe.

    `selection` makes the log's selection of a query from an instant on; `looks_back` of None means the whole
    log. An answer holds for five minutes: many alerts about one value ask the log once, and who asks while it
    is being asked waits for that answer.
    """

    def __init__(
        self,
        log: EventReader,
        selection: Callable[[Node, int], Any],
        clock: Clock,
        looks_back: int | None = LOOKS_BACK,
    ) -> None:
        self._log, self._selection, self._clock = log, selection, clock
        self._looks_back = looks_back
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, str], _Answer] = OrderedDict()

    def seen(self, kind: str, value: str) -> Seen:
        """Return how often, when first and when last the log holds the value in the time looked back on."""
        now, key = self._clock.now(), (kind, value)
        with self._lock:
            answer = self._answers.get(key)
            is_new = answer is None or answer.until <= now
            if answer is None or is_new:
                answer = self._answers[key] = _Answer(now + REMEMBERED, Future())
                self._answers.move_to_end(key)
            while len(self._answers) > _MOST_ANSWERS:
                self._answers.popitem(last=False)
        if is_new:
            self._fill(answer, key, 0 if self._looks_back is None else now - self._looks_back)
        return answer.seen.result()

    def _fill(self, answer: _Answer, key: tuple[str, str], since: int) -> None:
        try:
            answer.seen.set_result(self._ask(*key, since))
        except BaseException as error:  # noqa: BLE001  told to everybody who waits for the answer
            with self._lock:  # a log that failed is asked again
                if self._answers.get(key) is answer:
                    del self._answers[key]
            answer.seen.set_exception(error)

    def _ask(self, kind: str, value: str, since: int) -> Seen:
        selection = self._selection(events_with(kind, value), since)
        newest = self._log.search(selection, order="newest", limit=_READ_WHOLE).events
        count, oldest = len(newest), newest[-1:]
        if count == _READ_WHOLE:  # rare values, and those never seen, take one question
            count = self._log.count(selection)
            oldest = self._log.search(selection, order="oldest", limit=1).events
        of = [event.fields["host.name"] for event in newest[:_HOSTS_OF] if "host.name" in event.fields]
        return Seen(
            count,
            since,
            oldest[0].at if oldest else None,
            newest[0].at if newest else None,
            tuple(dict.fromkeys(map(str, of))),
        )


class PathStore:
    """Finds files where `path_of` says their bytes are kept."""

    def __init__(self, path_of: Callable[[str], Path], name_of: Callable[[str], str] | None = None) -> None:
        self._path_of, self._name_of = path_of, name_of

    def find(self, sha256: str) -> StoredFile:
        """Return the file; raises `NotFoundError` when it is not kept."""
        try:
            path = self._path_of(sha256)
        except InvalidError as error:
            raise NotFoundError(error.message) from error
        if not path.is_file():
            raise NotFoundError(f"no file {sha256[:64]} is kept")
        return StoredFile(path, self._name_of(sha256) if self._name_of else "")
