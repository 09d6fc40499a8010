"""What can go wrong on an endpoint."""

from __future__ import annotations

from tocsin.core.errors import ContentError, TocsinError


class AgentError(TocsinError):
    """The agent cannot go on; the message says what the operator can do."""

    code = "agent"


class SettingsError(ContentError):
    """The settings file was refused; the location names file and line."""

    code = "settings-refused"


class SpoolError(AgentError):
    """The spool on disk cannot be read or written."""

    code = "spool"


class SpoolFullError(SpoolError):
    """The disk has no room and nothing older is left to refuse: try again later."""

    code = "spool-full"


class LinkError(AgentError):
    """The server could not be reached or gave no answer that makes sense."""

    code = "link"


class UnauthorizedError(AgentError):
    """The server does not accept this agent's key or token."""

    code = "unauthorized"


class SkippedError(AgentError):
    """A collector cannot work on this host; the message says why. It is not tried again."""

    code = "skipped"
