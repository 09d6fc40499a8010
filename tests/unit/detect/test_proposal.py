"""A narrow exception is made of what the events of a false positive agree on."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.detect.exceptions import condition_of
from tocsin.detect.proposal import PastAlert, effect_of, propose


def test_it_is_made_of_the_key_and_what_all_events_agree_on(event):
    """What differs is left out; it holds for them and not for others."""
    events = [
        event(seq, source__ip="192.0.2.7", host__name="web1", user__name=f"u{seq}", rule__level=7)
        for seq in (1, 2)
    ]
    condition = propose(events, "source.ip", "192.0.2.7")
    assert 'source.ip: "192.0.2.7" AND host.name: "web1"' == condition
    holds = condition_of(condition)
    assert all(holds(each) for each in events)
    assert not holds(event(3, source__ip="192.0.2.7", host__name="web2"))


@pytest.mark.parametrize("value", ['C:\\Tools\\a "b".exe', "a*b?", "x) OR (y", "-/re/~2", "tab\tin"])
def test_values_stand_for_themselves(event, value):
    """Whatever the log holds: quotes, wildcards, operators."""
    seen = event(1, process__executable=value)
    holds = condition_of(propose([seen]))
    assert holds(seen)
    assert not holds(event(2, process__executable="a-b-"))


def test_nothing_shared_is_no_exception(event):
    """Rather than one that is too wide."""
    with pytest.raises(InvalidError):
        propose([event(1, user__name="ann"), event(2, user__name="bob")])
    with pytest.raises(InvalidError):
        propose([], "user.name", "ann")


def test_its_effect_on_past_alerts_is_counted(event):
    """Held back whole, thinned, or left; a true positive among them is shown."""
    ann, bob = event(1, user__name="ann"), event(2, user__name="bob")
    past = [
        PastAlert("false_positive", [ann]),
        PastAlert("true_positive", [ann, ann]),
        PastAlert("open", [ann, bob]),
        PastAlert("open", [bob]),
        PastAlert("benign", []),
    ]
    found = effect_of('user.name: "ann"', past)
    assert (4, 2, 1) == (found.alerts, found.held_back, found.thinned)
    assert {"false_positive": 1, "true_positive": 1} == found.resolutions
