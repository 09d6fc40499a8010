"""What detect needs from others and is handed by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from tocsin.core.detection import Detection, RuleNotice
from tocsin.core.event import Event
from tocsin.query.tree import Node

History = Callable[[Node, int, int], Iterable[Event]]
"""The past of the log, for rules that begin with what is known: given a condition, start and end, the events
with `start <= at < end` that satisfy it, the oldest first."""


class LoggedEvent(Protocol):
    """An event with the number of the commit that brought it."""

    @property
    def commit(self) -> int:
        """Number of the commit."""
        ...

    @property
    def event(self) -> Event:
        """The event."""
        ...


class CommitLog(Protocol):
    """The part of the event log that rules follow."""

    def follow(self, after: int, limit: int = 5_000) -> Sequence[LoggedEvent]:
        """Return the events of the commits above `after`, whole commits, in order."""
        ...

    def last_commit(self) -> int:
        """Return the number of the newest commit; 0 for an empty log."""
        ...


class Outcome(Protocol):
    """What became of a detection."""

    @property
    def alert_id(self) -> str:
        """The alert it opened or joined."""
        ...

    @property
    def opened(self) -> bool:
        """True when the alert is new."""
        ...


class AlertSink(Protocol):
    """Where detections go."""

    def record(self, tx: Session, detection: Detection) -> Outcome:
        """Open an alert, or let the detection join the open one of the same rule and group."""
        ...


class Amender(Protocol):
    """Takes back what an alert was told, when a late event shows that it was not so."""

    def withdraw(self, tx: Session, detection: Detection) -> None:
        """Let go of the events of a detection of this rule and group that no other detection holds."""
        ...


class OutcomeHook(Protocol):
    """Told of every recorded detection within the same transaction."""

    def on_outcome(self, tx: Session, outcome: Outcome, detection: Detection) -> None:
        """Write down what shall follow from the alert; anything slow comes later."""
        ...


class Teller(Protocol):
    """Told what rules say that tell services by themselves, in the transaction of the alert."""

    def tell(self, tx: Session, notice: RuleNotice) -> None:
        """Write down what shall be sent; sending comes later."""
        ...
