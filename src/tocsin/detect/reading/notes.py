"""Say where a rule's answers differ between the modes, so that its author can choose."""

from __future__ import annotations

from tocsin.core.clock import SECOND
from tocsin.detect.kinds.settings import BASELINES, KindSettings, PollSettings


def differences(kind: KindSettings, poll: PollSettings) -> tuple[str, ...]:
    """Return in words where mode `compat` gives other answers than mode `exact`."""
    if kind.kind in BASELINES:
        return ()
    notes = [f"compat tells up to {_seconds(poll.run_every + poll.query_delay)} late, exact at once"]
    if kind.question in {"count", "terms"}:
        notes.append(f"compat asks for numbers only: what is stored {_seconds(poll.run_every)} late is lost")
    elif kind.question == "documents":
        notes.append(f"compat does not see what comes more than {_seconds(poll.buffer_time)} late")
    if poll.realert:
        notes.append("compat counts realert by the clock of its polls, exact by the time of the events")
    if kind.kind in {"metric_aggregation", "percentage_match", "spike_aggregation"}:
        notes.append("compat begins its spans where it was started, exact at multiples of the span")
    if kind.kind == "new_term":
        notes.append("compat forgets a term that is not in its search of the past, exact remembers")
    if kind.kind in {"flatline", "spike"}:
        notes.append("compat decides on silence at its polls, exact when event time has passed the span")
    return tuple(notes)


def _seconds(span: int) -> str:
    return f"{span // SECOND} s"
