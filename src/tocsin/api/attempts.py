"""How often a login may be refused before the door stays shut for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict

from tocsin.api.problems import TooManyRequestsError
from tocsin.core.clock import SECOND, Clock

_REMEMBERED = 10_000
_ADDRESS_FACTOR = 5


class LoginAttempts:
    """Counts refused logins by login and by address, in windows of a fixed length; thread safe.

    Remembers the newest 10,000 names, so that inventing names costs the platform no memory.
    """

    def __init__(self, clock: Clock, *, attempts: int, window_us: int) -> None:
        self._clock = clock
        self._attempts = attempts
        self._window_us = window_us
        self._lock = threading.Lock()
        self._refused: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def check(self, login: str, address: str) -> None:
        """Raise `TooManyRequestsError` while the login or the address has used up its attempts."""
        with self._lock:
            for key, allowed in self._keys(login, address):
                began, count = self._window(key)
                if count >= allowed:
                    left = began + self._window_us - self._clock.now()
                    raise TooManyRequestsError("too many refused logins: wait a little", left // SECOND + 1)

    def refused(self, login: str, address: str) -> None:
        """Count a refused login."""
        with self._lock:
            for key, _ in self._keys(login, address):
                began, count = self._window(key)
                self._refused[key] = (began, count + 1)
                self._refused.move_to_end(key)
            while len(self._refused) > _REMEMBERED:
                self._refused.popitem(last=False)

    def accepted(self, login: str) -> None:
        """Forget the refusals of a login that has now proved itself."""
        with self._lock:
            self._refused.pop(f"login:{login.lower()}", None)

    def _keys(self, login: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (
            (f"login:{login.lower()}", self._attempts),
            (f"address:{address}", self._attempts * _ADDRESS_FACTOR),
        )

    def _window(self, key: str) -> tuple[int, int]:
        now = self._clock.now()
        began, count = self._refused.get(key, (now, 0))
        return (now, 0) if began + self._window_us <= now else (began, count)
