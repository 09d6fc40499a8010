"""What analyzers ask, answered from the event log and from a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.enrich.base import StoredFile
from tocsin.enrich.ports import Seen
from tocsin.query.tree import Node, Nothing, Or, Term, Text, Wildcard

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


class LogHistory:
    """Says where a value stands in the event log. `selection` makes the log's selection of a query."""

    def __init__(self, log: EventReader, selection: Callable[[Node], Any]) -> None:
        self._log, self._selection = log, selection

    def seen(self, kind: str, value: str) -> Seen:
        """Return how often, when first and when last the log holds the value."""
        selection = self._selection(events_with(kind, value))
        count = self._log.count(selection)
        if not count:
            return Seen(0)
        newest = self._log.search(selection, order="newest", limit=20).events
        oldest = self._log.search(selection, order="oldest", limit=1).events
        hosts = {str(event.fields["host.name"]): None for event in newest if "host.name" in event.fields}
        return Seen(
            count,
            oldest[0].at if oldest else None,
            newest[0].at if newest else None,
            tuple(hosts),
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
