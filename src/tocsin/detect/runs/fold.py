"""Mode `exact`: a rule as a fold over its events in the order of time, and over looks between them.

The fold is a function of the events and of how far time has come, so that running it again over the same
events gives the same matches. Looks stand on a fixed grid of event time: what depends on silence (a flatline,
a spike down, too few values, a figure over a span, the end of a gathering) is decided there.
"""

from __future__ import annotations

import msgspec

from tocsin.core.clock import HOUR
from tocsin.core.schedule import covers
from tocsin.detect.kinds import Hit, Kind, KindSettings, Match, PollSettings, kind_of
from tocsin.detect.kinds.document import hashable, lookup
from tocsin.detect.kinds.figures import compute
from tocsin.detect.runs.pending import Pending, PendingState
from tocsin.detect.runs.silences import Silence, Silences

Position = tuple[int, str]
"""Where a fold stands: the time and identifier of the last event, or a look's time and `LOOK`."""

LATENESS = HOUR
"""An event may come so late and still be placed in the order of time."""

LOOK = "\x7f"
"""Stands after every identifier: a look comes after the events of its moment."""

MAX_LOOKS = 10_080
"""In one go: a week of minutes. A clock that jumps further skips ahead, lest a wild time stop the engine."""

_WATCHES_SILENCE = frozenset({"flatline", "spike", "spike_aggregation", "usual_count", "silent_source"})


class Telling(msgspec.Struct):
    """Matches told together, the key they are told under, and where the fold stood when it told them."""

    position: Position
    matches: list[Match]
    key: str | None = None


class FoldState(msgspec.Struct):
    """What a fold remembers."""

    position: Position = (0, "")
    looked: int = 0
    kind: bytes = b""
    silences: dict[str, Silence] = {}
    pending: PendingState = msgspec.field(default_factory=PendingState)
    recent: list[Hit] = []
    """Events of the span that the next figure is taken over."""


class Fold:
    """A rule's state at one position. Events are taken in the order of their positions."""

    def __init__(self, kind: KindSettings, poll: PollSettings, began: int, *, blind: bool = False) -> None:
        """Begin at a time. A blind fold never looks: it only knows the events it is given."""
        self.settings = kind
        self._blind = blind
        self._poll = poll
        self._kind: Kind = kind_of(kind)
        self._silences = Silences(poll)
        self._pending = Pending(poll)
        self._width = poll.run_every if poll.run_sized else poll.buffer_time
        self._step = self._grid()
        self.state = FoldState(position=(began - LATENESS - 1, LOOK), looked=began)

    @property
    def kind(self) -> Kind:
        """The kind with its state."""
        return self._kind

    def _grid(self) -> int:
        if self.settings.kind in {"metric_aggregation", "percentage_match", "spike_aggregation"}:
            return self._poll.run_every if self._poll.overlap else self._width
        return min(self._poll.run_every, self.settings.timeframe or self._poll.run_every)

    @property
    def looks(self) -> bool:
        """The rule has something to look at between events."""
        settings = self.settings
        if self._blind:
            return False
        if settings.question == "aggregation" or settings.kind in _WATCHES_SILENCE:
            return True
        return settings.fewest is not None or bool(self._pending.state.waiting)

    def take(self, hit: Hit) -> list[Telling]:
        """Take the next event, after the looks due before it."""
        told = self.look_until(hit.at)
        self.state.position = (hit.at, hit.id)
        if self.settings.question == "aggregation":
            self.state.recent.append(hit)
            return told
        return told + self._through(self._kind.data([hit]))

    def let_pass(self, at: int) -> bool:
        """Let time come to `at` where no moment to look at lies before it; say whether that is so."""
        state = self.state
        if at > state.looked and self.looks:
            if (state.looked // self._step + 1) * self._step < at:
                return False
            state.looked = at - 1
        else:
            state.looked = max(state.looked, at)
        return True

    def look_until(self, at: int) -> list[Telling]:
        """Look at every moment of the grid before `at`."""
        if not self.looks or at <= self.state.looked:
            self.state.looked = max(self.state.looked, at)
            return []
        told: list[Telling] = []
        first = (max(self.state.looked, at - MAX_LOOKS * self._step) // self._step + 1) * self._step
        for moment in range(first, at, self._step):
            told += self._look(moment)
        self.state.looked = max(self.state.looked, at - 1)
        return told

    def flush(self) -> list[Telling]:
        """Tell what is still being gathered."""
        return [self._telling(matches) for _, matches in self._pending.take_all()]

    def _look(self, moment: int) -> list[Telling]:
        self.state.position = (moment, LOOK)
        self.state.looked = moment
        if self.settings.question == "aggregation":
            found = self._figures(moment)
        else:
            found = self._kind.collect(moment)
        told = self._through(found)
        if self._pending.state.waiting:
            told += [self._telling(matches) for _, matches in self._pending.take_due(moment)]
        return told

    def _figures(self, moment: int) -> list[Match]:
        start = moment - self._width
        recent = self.state.recent = [hit for hit in self.state.recent if hit.at > start]
        inside = [hit for hit in recent if hit.at <= moment]
        found = self._kind.figures(moment, compute(self.settings, inside))
        events = [(hit.at, hit.id) for hit in inside]
        for match in found:
            match.events = events
        return found

    def _through(self, matches: list[Match]) -> list[Telling]:
        """Let matches through that no silence covers."""
        told = []
        for match in matches:
            if self._is_quiet(match):
                continue
            if self._poll.aggregates:
                self._pending.gather(match, match.at)
            else:
                told.append(self._telling([match]))
        return told

    def _telling(self, matches: list[Match]) -> Telling:
        return Telling(self.state.position, matches, group_key(self.settings, self._poll, matches[0]))

    def _is_quiet(self, match: Match) -> bool:
        poll = self._poll
        if poll.limit_execution and not covers(poll.limit_execution, match.at):
            return True
        if not poll.realert:
            return False
        name = str(silence_key(self.settings, match))
        if self._silences.covers(name, match.at):
            return True
        self._silences.begin(name, match.at)
        return False

    def dump(self) -> bytes:
        """Return the state."""
        self.state.kind = self._kind.dump()
        self.state.silences = self._silences.known
        self.state.pending = self._pending.state
        return msgspec.msgpack.encode(self.state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self.state = msgspec.msgpack.decode(state, type=FoldState)
        self._kind = kind_of(self.settings)
        if self.state.kind:
            self._kind.restore(self.state.kind)
        self._silences = Silences(self._poll)
        self._silences.known = self.state.silences
        self._pending.state = self.state.pending

    def tidy(self, at: int) -> None:
        """Let go of silences over at `at`, and of what the kind can forget without a word."""
        self._silences.prune(at)
        if not self.looks:
            self._kind.collect(at)


def group_key(kind: KindSettings, poll: PollSettings, match: Match) -> str | None:
    """Return the value alerts are grouped by: of the rule's key, else of the key it gathers by."""
    if kind.query_key or not poll.aggregation_fields:
        return silence_key(kind, match)
    value = lookup(match.fields, ",".join(poll.aggregation_fields))
    return None if value is None else str(value)


def silence_key(settings: KindSettings, match: Match) -> str | None:
    """Return the value of the key a match is silenced and grouped by; a flatline carries its own."""
    if settings.kind == "flatline" and "key" in match.fields:
        return str(match.fields["key"])
    if not settings.query_key:
        return None
    value = lookup(match.fields, settings.query_key)
    return None if value is None else str(hashable(value))
