"""What a hunt refuses."""

from __future__ import annotations

from tocsin.core.errors import TocsinError


class UnreadableError(TocsinError):
    """A file cannot be read, or not to its end; the others go on."""

    code = "hunt-unreadable"


class HuntRefusedError(TocsinError):
    """The hunt cannot begin: no rules, no files, a bad option."""

    code = "hunt-refused"
