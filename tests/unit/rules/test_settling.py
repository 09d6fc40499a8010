"""One event that breaks does not spoil its batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.rules import Correlation


def test_an_event_that_cannot_be_settled_says_why(make_rules: Callable[..., Any]) -> None:
    """The events around it get their verdicts, and the failure is counted."""
    ruleset = make_rules(
        '<rule id="10" level="3"><match>kv</match><description>d</description></rule>'
        '<rule id="20" level="9" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<description>two</description></rule>"
    )
    records = [Record("s", seq, b"Nov 24 10:00:00 h app: kv", 10**15) for seq in range(1, 4)]
    first, second, third = ruleset.classify(records)
    memory = Correlation(ruleset)
    broken = Classified(second.event, [[["x"]], []])
    events = memory.settle([first, broken, third])
    assert ["10", None, "20"] == [event.fields.get("rule.id") for event in events]
    assert str(events[1].fields["error.message"]).startswith("rules across events failed: ")
    assert 1 == memory.failed
