"""What respond needs from others and is handed by the composition root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tocsin.core.actor import Actor
from tocsin.core.event import Event
from tocsin.query.tree import Node


class Observable(Protocol):
    """A value worth looking at, with its kind (`ip`, `domain`, ...)."""

    @property
    def kind(self) -> str:
        """What it is."""
        ...

    @property
    def value(self) -> str:
        """The value, normalised."""
        ...

    @property
    def is_private(self) -> bool:
        """Whether it belongs to us or to no one, so that it cannot be an attacker's."""
        ...


class Extractor(Protocol):
    """Finds observables in an event."""

    def observables_of(self, event: Event) -> Sequence[Observable]:
        """Return the event's observables, the most telling first."""
        ...


class EventLog(Protocol):
    """The part of the event log that playbooks read."""

    def get(self, ids: Sequence[str]) -> Sequence[Event]:
        """Return those of the events that exist."""
        ...


class CountEvents(Protocol):
    """Counts events of the log."""

    def __call__(self, query: Node, from_at: int, to_at: int) -> int:
        """Return how many events the query selects in `from_at <= at < to_at`."""
        ...


class AlertFacts(Protocol):
    """An alert as playbooks see it."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def title(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def status(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def severity(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def rule_id(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def rule_name(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def rule_kind(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def group_field(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def group_key(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def event_count(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def first_at(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def last_at(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def tags(self) -> Sequence[str]: ...  # noqa: D102 - the words of `cases`

    @property
    def techniques(self) -> Sequence[str]: ...  # noqa: D102 - the words of `cases`

    @property
    def case_id(self) -> str | None: ...  # noqa: D102 - the words of `cases`

    @property
    def tlp(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def pap(self) -> int: ...  # noqa: D102 - the words of `cases`


class EventReference(Protocol):
    """An event an alert stands on."""

    @property
    def event_id(self) -> str:
        """The event's identifier."""
        ...


class EventPage(Protocol):
    """Events an alert stands on, newest first."""

    @property
    def items(self) -> Sequence[EventReference]:
        """The events."""
        ...


class CaseFacts(Protocol):
    """A case as playbooks see it."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def number(self) -> int:
        """What people call it by."""
        ...

    @property
    def status(self) -> str:
        """`new`, `in_progress` or `closed`."""
        ...

    @property
    def tags(self) -> Sequence[str]:
        """Its tags."""
        ...


class Alerts(Protocol):
    """The alerts. Every change is made in `tx` and audited there."""

    def get(self, tx: Session, alert_id: str) -> AlertFacts:
        """Return an alert; raises `NotFoundError`."""
        ...

    def events(self, tx: Session, alert_id: str, *, limit: int) -> EventPage:
        """Return the newest events of the alert."""
        ...

    def add_observables(self, tx: Session, alert_id: str, observables: Iterable[Any], actor: Actor) -> object:
        """Add observables (kind, value, message, tags) that the alert does not have yet."""
        ...

    def set_verdict(self, tx: Session, alert_id: str, verdict: str | None, actor: Actor) -> object:
        """Note what the facts amount to."""
        ...

    def close(self, tx: Session, alert_id: str, resolution: str, reason: str, actor: Actor) -> object:
        """Close an open alert; raises `ConflictError` when it is closed."""
        ...

    def reopen(self, tx: Session, alert_id: str, actor: Actor, reason: str = "") -> object:
        """Open a closed alert again."""
        ...

    def promote(
        self,
        tx: Session,
        alert_id: str,
        actor: Actor,
        *,
        title: str | None = None,
        tasks: Iterable[Any] = (),
        assignee: str | None = None,
        tags: Iterable[str] = (),
    ) -> CaseFacts:
        """Make a case of the alert. A task has the attributes of `actions.escalate.Task`."""
        ...

    def merge(self, tx: Session, alert_id: str, case_id: str, actor: Actor) -> object:
        """Add the alert and what hangs on it to an open case."""
        ...

    def unmerge(self, tx: Session, alert_id: str, case_id: str, actor: Actor) -> object:
        """Take the alert out of the case again."""
        ...

    def assign(self, tx: Session, alert_id: str, assignee: str | None, actor: Actor) -> object:
        """Give the alert to an analyst."""
        ...

    def change(self, tx: Session, alert_id: str, changes: Mapping[str, Any], actor: Actor) -> object:
        """Set fields, such as `tags`."""
        ...

    def comment(self, tx: Session, alert_id: str, message: str, actor: Actor) -> object:
        """Leave a comment on the alert."""
        ...


class Cases(Protocol):
    """The cases. Every change is made in `tx` and audited there."""

    def get(self, tx: Session, case_id: str, /) -> CaseFacts:
        """Return a case; raises `NotFoundError`."""
        ...

    def alert_counts(self, tx: Session, case_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many alerts hang on each case."""
        ...

    def add_tasks(self, tx: Session, case_id: str, tasks: Iterable[Any], actor: Actor) -> object:
        """Add tasks."""
        ...

    def add_techniques(self, tx: Session, case_id: str, techniques: Iterable[str], actor: Actor) -> object:
        """Add ATT&CK techniques that the case does not have yet."""
        ...

    def add_timeline(
        self, tx: Session, case_id: str, at: int, title: str, actor: Actor, *, description: str = ""
    ) -> object:
        """Add an entry to the case's timeline."""
        ...

    def assign(self, tx: Session, case_id: str, assignee: str | None, actor: Actor) -> object:
        """Give the case to an analyst."""
        ...

    def change(self, tx: Session, case_id: str, changes: Mapping[str, Any], actor: Actor) -> object:
        """Set fields, such as `tags`."""
        ...

    def comment(self, tx: Session, case_id: str, message: str, actor: Actor) -> object:
        """Leave a comment on the case."""
        ...

    def close(self, tx: Session, case_id: str, resolution: str, summary: str, actor: Actor) -> object:
        """Close the case; raises `ConflictError` when its tasks do not allow it."""
        ...


class Taxonomy(Protocol):
    """A short statement of an analyzer."""

    @property
    def namespace(self) -> str:
        """Who says it."""
        ...

    @property
    def predicate(self) -> str:
        """About what."""
        ...

    @property
    def value(self) -> Any:
        """What."""
        ...


class Report(Protocol):
    """What an analyzer found out."""

    @property
    def verdict(self) -> str | None:
        """`safe`, `info`, `suspicious`, `malicious` or nothing."""
        ...

    @property
    def summary(self) -> str:
        """One sentence for people."""
        ...

    @property
    def taxonomies(self) -> Sequence[Taxonomy]:
        """Its statements."""
        ...


class Job(Protocol):
    """One analyzer asked about one observable."""

    @property
    def analyzer(self) -> str:
        """The analyzer's name."""
        ...

    @property
    def status(self) -> str:
        """`success` when there is a report."""
        ...

    @property
    def report(self) -> Report | None:
        """What it found out."""
        ...


class Enricher(Protocol):
    """Runs analyzers."""

    def run(self, kind: str, value: str, *, tlp: int, pap: int) -> Sequence[Job]:
        """Ask every enabled analyzer that takes the kind; waits for the answers, cached ones at once."""
        ...


class Roster(Protocol):
    """Who is there to work on cases."""

    def choose(self, tx: Session) -> str | None:
        """Return the login of the analyst who should get the next case; None when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell people; the same key is told once."""

    key: str
    title: str
    body: str
    severity: int
    at: int
    subject_type: str
    subject_id: str


class Notifier(Protocol):
    """Tells people by channels."""

    def post(self, tx: Session, channels: Sequence[str], notice: Notice) -> Sequence[str]:
        """Write what shall be sent and return the channels; raises `InvalidError` for unknown ones."""
        ...
