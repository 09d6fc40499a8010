"""Two wordings of a rule over the same events."""

from __future__ import annotations

from tocsin.core.clock import DAY
from tocsin.detect.comparison import compare
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.report import Bounds
from tocsin.detect.subject import Subject

LATE = 86_400.0


def compared(before, after, events, **bounds):
    span = Bounds(0, max(each.at for each in events) + DAY, **bounds)
    return compare(Subject(before), Subject(after), span, lambda *_: events, exceptions=Exceptions)


def test_alerts_are_those_of_a_key_and_a_day(rule, event):
    """One that loses an event is the same alert, and the event is counted."""
    events = [
        event(1, user__name="eve", host__name="a"),
        event(2, user__name="bob", host__name="a"),
        event(3, at=LATE, user__name="eve", host__name="a"),
        event(4, at=LATE, user__name="bob", host__name="b"),
    ]
    before = rule("user.name: *", key_fields=("host.name",))
    after = rule("user.name: eve", key_fields=("host.name",), version="v2")
    found = compared(before, after, events)
    assert (0, 1, 2) == (found.new_alerts, found.gone_alerts, found.same_alerts)
    assert (0, 2, 3, 2) == (found.new_events, found.gone_events, found.before.alerts, found.after.alerts)
    assert [("b", ("test~4",))] == [(each.group_key, each.event_ids) for each in found.gone]
    assert [(1, 1), (2, 1)] == list(found.days.values())
    assert ("v1", "v2", True) == (found.before.version, found.after.version, found.complete)


def test_a_bound_ends_it_for_both(rule, event):
    """What was seen of one was seen of the other."""
    events = [event(seq, user__name="eve") for seq in range(1, 5)]
    found = compared(rule("user.name: eve"), rule("user.name: *"), events, max_events=2)
    assert ("events", 2, False) == (found.stopped_by, found.events, found.complete)
    assert found.before.events == found.after.events == 2
