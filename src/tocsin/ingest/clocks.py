"""Whose clock to believe: a stranger on the network may not place events on any day it likes."""

from __future__ import annotations

from tocsin.core.clock import DAY, MINUTE
from tocsin.core.event import Event

_STRANGERS = ("syslog:",)
_BEHIND, _AHEAD = DAY, 5 * MINUTE


def correct(event: Event) -> None:
    """Put the time of receipt in place of one that an unauthenticated sender cannot have meant.

    Believed: up to a day behind and five minutes ahead. Else a sender could hide events in the past,
    have them deleted at once by retention, or make the log open a file for every day there ever was.
    """
    if event.source.startswith(_STRANGERS):
        behind = event.received_at - event.at
        if not -_AHEAD <= behind <= _BEHIND:
            event.at = event.received_at
