"""The root of every error Tocsin raises on purpose, and where in a file it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of content; lines and columns count from 1, 0 means unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.path]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class TocsinError(Exception):
    """An error with a message for people and a stable `code` for programs.

    Callers decide on the class or on `code`, never on the text of the message.
    """

    code = "error"

    def __init__(self, message: str, *, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class ContentError(TocsinError):
    """A file of content (rule, decoder, feed, playbook, settings) was refused."""

    code = "content-refused"


class NotFoundError(TocsinError):
    """The thing asked for does not exist, or the asker may not know that it does."""

    code = "not-found"


class ConflictError(TocsinError):
    """The change does not fit the present state, such as closing what is closed."""

    code = "conflict"


class InvalidError(TocsinError):
    """A value from outside is malformed; the message names the value and the reason."""

    code = "invalid"


class DeniedError(TocsinError):
    """The caller is known and may not do this."""

    code = "denied"


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused piece of content: loaders collect these and load the rest.

    `subject` names the thing within the file (a rule id, an indicator's value) or is empty.
    """

    location: Location
    reason: str
    subject: str = ""

    def __str__(self) -> str:
        subject = f" [{self.subject}]" if self.subject else ""
        return f"{self.location}{subject}: {self.reason}"
