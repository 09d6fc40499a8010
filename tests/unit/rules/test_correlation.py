"""What needs memory of earlier events."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.rules.conftest import Player

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.record import Record
from tocsin.rules import Correlation

BASE = '<rule id="10" level="3"><match>kv</match><description>base</description><group>failed,</group></rule>'


def _counting(inside: str, attributes: str = 'frequency="3" timeframe="60"') -> str:
    return BASE + (
        f'<rule id="20" level="10" {attributes}>{inside}<description>many $(srcip)</description></rule>'
    )


def _kv(ip: str = "192.0.2.7", user: str = "bob", action: str = "open", colour: str = "red") -> str:
    return f"kv {ip} {user} {action} {colour}"


def test_frequency_fires_on_the_nth_event_and_starts_anew(make_player: Callable[..., Any]) -> None:
    """Three events make it fire; what was used up does not count again."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    assert ["10", "10", "20", "10", "10", "20"] == player.rules(*[_kv()] * 6)


def test_the_timeframe_limits(make_player: Callable[..., Any]) -> None:
    """Events further apart than the timeframe do not count together."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    assert ["10"] * 5 == player.rules(*[_kv()] * 5, step_s=31)


@pytest.mark.parametrize(
    ("condition", "lines", "fires"),
    [
        ("<same_source_ip/>", [_kv(), _kv(), _kv()], True),
        ("<same_source_ip/>", [_kv(), _kv("192.0.2.8"), _kv()], False),
        ("<same_srcip/><same_user/>", [_kv(), _kv(user="x"), _kv()], False),
        ("<same_field>colour</same_field>", [_kv(colour="a"), _kv(colour="a"), _kv(colour="a")], True),
        ("<same_field>none</same_field>", [_kv(), _kv(), _kv()], False),
        ("<different_user/>", [_kv(user="a"), _kv(user="b"), _kv(user="c")], True),
        ("<different_user/>", [_kv(user="a"), _kv(user="a"), _kv(user="a")], False),
        (
            "<not_same_field>colour</not_same_field>",
            [_kv(colour="a"), _kv(colour="b"), _kv(colour="c")],
            True,
        ),
        ("<same_id/>", [_kv(), _kv(), _kv()], False),
    ],
)
def test_same_and_different(
    make_player: Callable[..., Any], condition: str, lines: list[str], fires: bool
) -> None:
    """Values that must be the same must be there; those that must differ may be absent."""
    player = make_player(_counting(f"<if_matched_sid>10</if_matched_sid>{condition}"))
    assert ("20" if fires else "10") == player.rules(*lines)[-1]


def test_agents_count_apart_unless_told_otherwise(make_player: Callable[..., Any]) -> None:
    """Events of another agent count only for a global frequency."""
    apart = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    apart.rules(_kv(), _kv(), agent="one")
    assert ["10"] == apart.rules(_kv(), agent="two")
    together = make_player(_counting("<if_matched_sid>10</if_matched_sid><global_frequency/>"))
    together.rules(_kv(), _kv(), agent="one")
    assert ["20"] == together.rules(_kv(), agent="two")


def test_groups_are_counted(make_player: Callable[..., Any]) -> None:
    """if_matched_group counts every rule of the group."""
    player = make_player(_counting("<if_matched_group>failed</if_matched_group>"))
    assert ["10", "10", "20"] == player.rules(*[_kv()] * 3)


def test_level_0_does_not_count(make_player: Callable[..., Any]) -> None:
    """An event of level 0 leaves nothing in memory."""
    rules = _counting("<if_matched_sid>10</if_matched_sid>").replace('level="3"', 'level="0"', 1)
    assert ["10"] * 4 == make_player(rules).rules(*[_kv()] * 4)


def test_without_frequency_one_earlier_event_is_enough_and_stays(make_player: Callable[..., Any]) -> None:
    """A rule that states no frequency fires from the second event on and uses nothing up."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>", 'timeframe="60"'))
    assert ["10", "20", "20"] == player.rules(*[_kv()] * 3)


def test_ignore_reports_the_parent_for_a_while(make_player: Callable[..., Any]) -> None:
    """After firing, the parent is reported for the seconds stated, and nothing is stored."""
    player = make_player(
        _counting("<if_matched_sid>10</if_matched_sid>", 'frequency="2" timeframe="60" ignore="10"')
    )
    found = player.rules(*[_kv()] * 5)
    assert ["10", "20"] == found[:2]
    assert "20" not in found[2:]
    assert "20" in player.rules(*[_kv()] * 3, step_s=11)


def test_first_time_seen(make_player: Callable[..., Any]) -> None:
    """A rule with if_fts holds once for each key the decoder names."""
    rules = BASE + (
        '<rule id="20" level="4"><if_sid>10</if_sid><if_fts/><description>first</description></rule>'
    )
    found = make_player(rules).rules(_kv(), _kv(user="x"), _kv("192.0.2.8"), _kv("192.0.2.8"))
    assert ["20", "10", "20", "10"] == found


def test_check_diff(make_player: Callable[..., Any]) -> None:
    """The first log and an equal one do not hold, a changed one does."""
    rules = (
        '<rule id="20" level="4"><match>ports</match><check_diff/><description>changed</description></rule>'
    )
    assert ["", "", "20", ""] == make_player(rules).rules("ports 1", "ports 1", "ports 2", "ports 2")


def test_remembered_values_silence_a_rule(make_player: Callable[..., Any]) -> None:
    """What fired with `<ignore>` keeps rules with `<check_if_ignored>` of the same fields from holding."""
    rules = (
        BASE
        + '<rule id="20" level="4"><if_sid>10</if_sid><match>stop</match><ignore>srcip</ignore>'
        + "<description>s</description></rule>"
        + '<rule id="21" level="3"><if_sid>10</if_sid><match>red</match>'
        + "<check_if_ignored>srcip</check_if_ignored><description>c</description></rule>"
    )
    player = make_player(rules)
    assert ["21", "20", "10", "21"] == player.rules(_kv(), _kv(action="stop"), _kv(), _kv("192.0.2.9"))


def test_a_higher_rule_may_use_what_a_lower_one_used(make_player: Callable[..., Any]) -> None:
    """Marks stop rules of the same or a lower level only."""
    rules = BASE + (
        '<rule id="20" level="8" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<description>two</description></rule>"
        '<rule id="21" level="12" frequency="4" timeframe="60"><if_matched_group>^local</if_matched_group>'
        "<if_sid>10</if_sid><description>four</description></rule>"
    )
    player = make_player(rules)
    assert ["10", "20"] == player.rules(_kv(), _kv())


def test_descriptions_of_pending_rules_have_their_values(make_player: Callable[..., Any]) -> None:
    """The stateless half fills in the values, memory only decides."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    fields = player.play(*[_kv()] * 3)[-1].fields
    assert ("many 192.0.2.7", 3) == (fields["rule.description"], fields["rule.frequency"])


def test_event_time_counts_unless_told_otherwise(make_rules: Callable[..., Any]) -> None:
    """With keyed memory a burst in an old log counts as the burst it was, however fast it is read in."""
    ruleset = make_rules(_counting("<if_matched_sid>10</if_matched_sid>"))
    now = from_iso("2026-11-24T12:00:00Z")
    slow = [
        Record("s", n, f"Nov 20 10:0{n}:00 h app: {_kv()}".encode(), now + n, location="x")
        for n in range(1, 5)
    ]
    keyed = Correlation(ruleset, mode="keyed").settle(ruleset.classify(slow))
    assert "20" not in [event.fields["rule.id"] for event in keyed]
    received = Correlation(ruleset).settle(ruleset.classify(slow))
    assert "20" in [e.fields["rule.id"] for e in received]


def test_only_what_needs_memory_is_pending_and_it_travels(make_rules: Callable[..., Any]) -> None:
    """A decided event is not pending; a pending one is plain data that survives pickling."""
    ruleset = make_rules(_counting("<if_matched_sid>10</if_matched_sid>"))
    plain, counted = ruleset.classify(
        [
            Record("s", 1, b"Nov 24 10:00:00 h app: other", SECOND * 10**9),
            Record("s", 2, b"Nov 24 10:00:00 h app: " + _kv().encode(), SECOND * 10**9),
        ]
    )
    assert plain.pending is None
    travelled = pickle.loads(pickle.dumps(counted))
    assert counted == travelled
    assert "rule.id" not in counted.event.fields
    assert "10" == Correlation(ruleset).settle([travelled])[0].fields["rule.id"]


def test_a_flood_is_counted_in_bounded_memory(make_rules: Callable[..., Any]) -> None:
    """Thousands of events of one key leave bounded memory and fire as they should, in either mode."""
    ruleset = make_rules(_counting("<if_matched_sid>10</if_matched_sid><different_user/><same_source_ip/>"))
    for mode in ("compat", "keyed"):
        player = Player(ruleset, mode=mode)
        found = player.rules(*[_kv()] * 3_000, step_s=0)
        assert {"10"} == set(found)
        assert ["20"] == player.rules(_kv(user="other"), step_s=0)


def test_a_later_event_with_an_earlier_time_harms_nothing(make_player: Callable[..., Any]) -> None:
    """Times may run backwards; only what lies within the timeframe counts."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    assert ["10", "10"] == [*player.rules(_kv()), *player.rules(_kv(), step_s=-600)]
    assert "20" in player.rules(_kv(), _kv(), step_s=1)


def test_an_event_sent_again_counts_once_and_keeps_its_verdict(make_rules: Callable[..., Any]) -> None:
    """After a failed commit the same batch comes again: same verdicts, same memory."""
    ruleset = make_rules(_counting("<if_matched_sid>10</if_matched_sid>"))
    memory = Correlation(ruleset)

    def settle(*numbers: int) -> list[Any]:
        made = [Record("s", n, f"Nov 24 10:00:0{n} h app: {_kv()}".encode(), SECOND * 10**9) for n in numbers]
        return [event.fields["rule.id"] for event in memory.settle(ruleset.classify(made))]

    assert ["10", "10"] == settle(1, 2) == settle(1, 2) == settle(1, 2)
    assert ["20"] == settle(3) == settle(3)
    assert ["10", "20"] == settle(4, 3)


def test_a_parent_that_never_alerts_is_not_reported_instead(make_player: Callable[..., Any]) -> None:
    """While a rule below a root ignores what follows it, there is no verdict at all."""
    player = make_player(
        '<rule id="1" level="0" noalert="1"><category>syslog</category><description>root</description></rule>'
        '<rule id="20" level="4" ignore="10"><match>kv</match><description>d</description></rule>'
    )
    assert ["20", "", ""] == player.rules(_kv(), _kv(), _kv())
    assert ["20"] == player.rules(_kv(), step_s=20)
