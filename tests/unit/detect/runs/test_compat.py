"""Mode `compat` as it is kept: what memory lets go, the database does too."""

from __future__ import annotations

from tocsin.core.clock import MINUTE, SECOND
from tocsin.detect.kinds import Hit, KindSettings, PollSettings
from tocsin.detect.runs import compat
from tocsin.detect.runs.compat import CompatRun


def test_events_beyond_the_bound_are_let_go_for_good(monkeypatch):
    """A loud rule must not fill the database; events of one moment stay together."""
    monkeypatch.setattr(compat, "MAX_HELD", 10)
    run = CompatRun("r", KindSettings("any"), PollSettings(), 0)
    for number in range(15):
        run.add(Hit(number // 2 * SECOND, f"e{number}", {}), 0)
    assert (10, 5) == (run.held, run.too_late)
    assert 2 * SECOND - 1 == run.take_gone()
    assert run.take_gone() is None
    run.advance(60 * MINUTE, 60 * MINUTE)
    assert 7 * SECOND <= (run.take_gone() or 0)
