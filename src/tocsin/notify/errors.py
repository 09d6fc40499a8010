"""Errors of telling people."""

from __future__ import annotations

from tocsin.core.errors import TocsinError


class DeliveryError(TocsinError):
    """A message was not delivered.

    `permanent`: trying again cannot help, such as with a wrong key. `after_s`: the service asked to be left
    alone for so many seconds.
    """

    code = "notify-delivery"

    def __init__(self, message: str, *, permanent: bool = False, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.after_s = after_s


class BarredError(DeliveryError):
    """The address is one that messages may not be sent to by the settings."""

    code = "notify-barred"

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)
