"""Whose clock to believe: nobody may place events on any day they like, strangers least of all."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.core.clock import DAY, MINUTE, to_iso
from tocsin.core.event import Event
from tocsin.core.fields import TIME_REFUSED

_STRANGERS = ("syslog:",)
_IMPORTS = ("import:",)
_STRANGERS_BEHIND, _STRANGERS_AHEAD = DAY, 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Clocks:
    """How far an event's own time may be from its reception, in microseconds.

    Else a log with a broken clock, or a sender with bad intent, could hide events in the past, have them
    deleted at once by retention, or make the log open a file for every day there ever was.
    """

    behind: int = 3_653 * DAY
    ahead: int = DAY


DEFAULT_CLOCKS = Clocks()


def correct(event: Event, clocks: Clocks = DEFAULT_CLOCKS) -> None:
    """Put the time of reception in place of one that cannot be meant, and keep what was claimed.

    Of who sends over the network unasked, a day behind and five minutes ahead is believed. Files that are
    imported may be of any age.
    """
    behind = event.received_at - event.at
    if event.source.startswith(_STRANGERS):
        believed = -_STRANGERS_AHEAD <= behind <= _STRANGERS_BEHIND
    else:
        believed = -clocks.ahead <= behind and (behind <= clocks.behind or event.source.startswith(_IMPORTS))
    if not believed:
        event.fields.setdefault(TIME_REFUSED, to_iso(event.at))
        event.at = event.received_at
