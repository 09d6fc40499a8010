"""Realert: for how long after an alert its rule and key stay quiet, growing when alerts keep coming."""

from __future__ import annotations

import msgspec

from tocsin.detect.kinds.settings import PollSettings


class Silence(msgspec.Struct):
    """Quiet until a time; the exponent says how often in a row the span was doubled."""

    until: int
    exponent: int = 0


class Silences:
    """Silences by rule or by rule and key. `recall` holds the longest of each, which outlives a restart."""

    def __init__(self, settings: PollSettings) -> None:
        self._settings = settings
        self.known: dict[str, Silence] = {}
        self.recall: dict[str, Silence] = {}

    def covers(self, name: str, now: int) -> bool:
        """Say whether a silence holds now."""
        held = self.known.get(name)
        if held is not None and now < held.until:
            return True
        remembered = self.recall.get(name)
        if remembered is None:
            return False
        self.known[name] = Silence(remembered.until, remembered.exponent)
        return now < remembered.until

    def begin(self, name: str, now: int) -> Silence:
        """Begin the silence that follows an alert."""
        return self.silence(name, self._next(name, now))

    def silence(self, name: str, silence: Silence) -> Silence:
        """Put a silence in place, as an operator does."""
        self.known[name] = silence
        remembered = self.recall.get(name)
        if remembered is None or remembered.until < silence.until:
            self.recall[name] = Silence(silence.until, silence.exponent)
        return silence

    def _next(self, name: str, now: int) -> Silence:
        wait, cap = self._settings.realert, self._settings.exponential_realert
        held = self.known.get(name)
        if not cap or held is None:
            return Silence(now + wait)
        since, exponent = now - held.until, held.exponent
        if since < wait * 2.0**exponent:
            exponent += 1
        else:
            while since > wait * 2.0**exponent and exponent > 0:
                since -= int(wait * 2.0**exponent)
                exponent -= 1
        span = int(wait * 2.0**exponent)
        return Silence(now + cap, exponent - 1) if span >= cap else Silence(now + span, exponent)

    def lose_memory(self) -> None:
        """Begin anew from what was written down, as ElastAlert does after a restart."""
        self.known.clear()

    def prune(self, before: int) -> None:
        """Forget silences that were over before a time."""
        for held in (self.known, self.recall):
            for name in [name for name, silence in held.items() if silence.until < before]:
                del held[name]
