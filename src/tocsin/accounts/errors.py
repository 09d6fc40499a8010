"""Errors of logging in."""

from __future__ import annotations

from tocsin.core.errors import TocsinError


class UnauthenticatedError(TocsinError):
    """The caller is not known: no session, an expired one, a wrong password or key."""

    code = "unauthenticated"
