"""What is told: something that happened, and the message made of it."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

Event = Literal[
    "alert.opened",
    "alert.escalated",
    "alert.assigned",
    "alert.closed",
    "alert.reopened",
    "case.opened",
    "case.assigned",
    "case.closed",
    "case.reopened",
]
"""What routes can wait for. `alert.escalated`: a case was made of the alert."""

EVENTS: tuple[str, ...] = get_args(Event)
DIRECT = ("playbook", "report", "rule", "test")
"""What is sent past the routes: by a playbook's step, by a schedule of reports, by a rule's own
alerters, by the test button."""

Form = Literal["text", "html", "markdown"]

SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}

LONGEST_TITLE = 512
LONGEST_BODY = 64 * 1024


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something people may want to be told, with what routes decide by."""

    event: str
    subject_type: Literal["alert", "case"]
    subject_id: str
    number: int
    title: str
    at: int
    description: str = ""
    severity: int = 2
    rule_id: str = ""
    rule_name: str = ""
    tags: tuple[str, ...] = ()
    assignee: str = ""
    actor: str = ""
    """Who caused it, as the audit trail names them."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else is worth a line, such as the host: label and value."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes along with a message, where the channel takes files; it is kept elsewhere."""

    id: str
    name: str
    media: str
    """Such as `application/pdf`."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel is given. It is kept in the outbox until it is delivered."""

    key: str
    """The same key, the same message: services that can, drop the second. PagerDuty's `dedup_key`,
    Opsgenie's `alias`."""
    event: str
    title: str
    body: str
    severity: int = 2
    at: int = 0
    subject_type: str = ""
    subject_id: str = ""
    link: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    form: Form = "text"
    is_over: bool = False
    """True: what it is about has ended, so that incidents of the same group are resolved."""
    group: str = ""
    """Messages about one thing share it: an incident that is open takes them in. Empty: the key."""
    to: str = ""
    """An address that goes before the channel's own; for mail to one person."""
    documents: tuple[dict[str, Any], ...] = ()
    """The matches of a rule that tells by itself."""
    attachment: Attachment | None = None

    @property
    def incident(self) -> str:
        """What services that keep incidents tell them apart by."""
        return self.group or self.key


def severity_word(severity: int) -> str:
    """Return the severity as a word."""
    return SEVERITIES.get(severity, "medium")
