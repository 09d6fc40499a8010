"""What analyzers need of other areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class KnownIndicator(Protocol):
    """An indicator as one feed states it."""

    @property
    def kind(self) -> str:
        """Its kind."""
        ...

    @property
    def value(self) -> str:
        """Its value, which may be a parent of what was asked."""
        ...

    @property
    def feed(self) -> str:
        """Who states it."""
        ...

    @property
    def confidence(self) -> int:
        """How sure the feed is, 0-100."""
        ...

    @property
    def tags(self) -> Sequence[str]:
        """Tags of the feed."""
        ...

    @property
    def event_info(self) -> str:
        """What it was seen in."""
        ...

    @property
    def valid_until_at(self) -> int | None:
        """When it expires, in microseconds since 1970, UTC."""
        ...


class NamedList(Protocol):
    """A warninglist that names a value."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def category(self) -> str:
        """`false_positive` or `known`."""
        ...


class Known(Protocol):
    """What is known of a value."""

    @property
    def indicators(self) -> Sequence[KnownIndicator]:
        """The indicators that cover it."""
        ...

    @property
    def warninglists(self) -> Sequence[NamedList]:
        """The warninglists that name it."""
        ...


class KnownValues(Protocol):
    """The indicators and warninglists."""

    def known(self, kind: str, value: str) -> Known:
        """Return what is known; raises `InvalidError` when the value is not of the kind."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """How often the event log holds a value since an instant, and when first and last (microseconds, UTC)."""

    count: int
    since_at: int
    first_at: int | None = None
    last_at: int | None = None
    hosts: tuple[str, ...] = ()


class EventHistory(Protocol):
    """The event log, asked about one value: back to an instant that the answer tells."""

    def seen(self, kind: str, value: str) -> Seen:
        """Return where the value stands in the log."""
        ...


class FoundValue(Protocol):
    """A value found in text."""

    @property
    def kind(self) -> str:
        """Its kind."""
        ...

    @property
    def value(self) -> str:
        """Its normalised spelling."""
        ...


class TextExtractor(Protocol):
    """Finds values in free text."""

    def in_text(self, text: str) -> Sequence[FoundValue]:
        """Return the values in a text."""
        ...
