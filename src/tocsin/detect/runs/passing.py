"""Run a rule that remembers nothing: every event that matches is told at once, however late it is."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.core.schedule import covers
from tocsin.detect.kinds import Hit, Kind, KindSettings, PollSettings, kind_of
from tocsin.detect.runs.exact import Changes
from tocsin.detect.runs.fold import LOOK, Telling, group_key

_KINDS = frozenset({"any", "blacklist", "whitelist"})


def remembers_nothing(kind: KindSettings, poll: PollSettings) -> bool:
    """Say whether a rule's matches depend on one event each."""
    return kind.kind in _KINDS and not poll.realert and not poll.aggregates


class PassingRun:
    """One rule without memory."""

    too_late = 0
    held = 0
    span = 0
    dirty = False
    needs_time = False

    def __init__(self, kind: KindSettings, poll: PollSettings) -> None:
        self._kind_settings, self._poll = kind, poll
        self._kind: Kind = kind_of(kind)
        self._new: list[Hit] = []

    def add(self, hit: Hit, seen_at: int) -> None:  # noqa: ARG002 - asked of every run
        """Hand in an event."""
        self._new.append(hit)

    def let_pass(self, now: int, watermark: int) -> bool:  # noqa: ARG002 - asked of every run
        """Say that there is nothing to tell."""
        return not self._new

    def advance(self, now: int, watermark: int) -> Changes:  # noqa: ARG002 - asked of every run
        """Tell what was handed in."""
        new, self._new = self._new, []
        matches = [match for match in self._kind.data(new) if self._may_tell(match.at)]
        return Changes(
            [
                Telling((match.at, LOOK), [match], group_key(self._kind_settings, self._poll, match))
                for match in matches
            ]
        )

    def _may_tell(self, at: int) -> bool:
        return not self._poll.limit_execution or covers(self._poll.limit_execution, at)

    def take_fresh(self) -> list[tuple[Hit, int]]:
        """Nothing is held."""
        return []

    def take_gone(self) -> int | None:
        """Nothing is held."""
        return None

    def dump(self) -> bytes:
        """Nothing is remembered."""
        return b""

    def restore(self, state: bytes, held: Iterable[tuple[Hit, int]], watermark: int) -> None:
        """Nothing is remembered."""

    def learn(self, documents: Iterable[dict[str, object]]) -> None:
        """Nothing is learnt."""
