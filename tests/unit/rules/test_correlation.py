"""What needs memory of earlier events."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.rules.conftest import Player

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.record import Record
from tocsin.rules import Correlation, load

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


def test_the_ring_forgets_with_every_event_that_matches(make_rules: Callable[..., Any]) -> None:
    """As upstream, events of other rules push out what a composite rule waits for."""
    rules = _counting("<if_matched_sid>10</if_matched_sid>") + (
        '<rule id="30" level="1"><match>noise</match><description>noise</description></rule>'
        '<rule id="31" level="0"><match>quiet</match><description>quiet</description></rule>'
    )
    ruleset = make_rules(rules)
    noise, quiet = ["noise"] * 4, ["quiet"] * 4
    for mode, between, expected in (("compat", noise, "10"), ("compat", quiet, "20"), ("keyed", noise, "20")):
        player = Player(ruleset, mode=mode, memory_size=4)
        assert expected == player.rules(_kv(), _kv(), *between, _kv(), step_s=1)[-1]


def test_a_rule_in_two_places_counts_twice_for_its_group(make_player: Callable[..., Any]) -> None:
    """A rule below two parents is found twice where a group is counted, once where its id is."""
    rules = (
        '<rule id="10" level="3"><match>kv</match><description>a</description></rule>'
        '<rule id="11" level="3"><match>web</match><description>b</description></rule>'
        '<rule id="12" level="5"><if_sid>10, 11</if_sid><match>open</match><group>twice,</group>'
        "<description>c</description></rule>"
        '<rule id="20" level="10" frequency="3" timeframe="60"><if_matched_group>twice</if_matched_group>'
        "<description>d</description></rule>"
    )
    assert ["12", "20"] == make_player(rules).rules(_kv(), _kv())
    by_id = rules.replace("<if_matched_group>twice</if_matched_group>", "<if_matched_sid>12</if_matched_sid>")
    assert ["12", "12", "20"] == make_player(by_id).rules(_kv(), _kv(), _kv())


def test_logs_are_counted_by_a_pattern(make_player: Callable[..., Any]) -> None:
    """`if_matched_regex` counts events of any rule of the category whose log matches."""
    rules = (
        BASE
        + '<rule id="11" level="3"><match>web</match><description>web</description></rule>'
        + '<rule id="20" level="10" frequency="3" timeframe="60"><if_sid>10</if_sid>'
        + r"<if_matched_regex>^web \d+|^kv \.+ open</if_matched_regex><description>d</description></rule>"
    )
    assert ["11", "10", "20"] == make_player(rules).rules("web 1", _kv(), _kv())
    assert ["11", "10", "10"] == make_player(rules).rules("web x", _kv(), _kv(action="shut"))


def test_a_composite_shows_the_events_that_led_to_it(make_player: Callable[..., Any]) -> None:
    """The earlier events' texts stand in the event, newest first, when there are two or more."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>"))
    events = player.play(_kv(user="a"), _kv(user="b"), _kv(user="c"))
    shown = [f"Nov 24 10:00:00 h app: {_kv(user=user)}" for user in "ba"]
    assert "\n".join(shown) == events[-1].fields["previous_output"]
    two = make_player(_counting("<if_matched_sid>10</if_matched_sid>", 'frequency="2"'))
    assert "previous_output" not in two.play(_kv(), _kv())[-1].fields


def test_at_most_eleven_earlier_events_are_shown(make_player: Callable[..., Any]) -> None:
    """A composite of many events shows the newest eleven."""
    player = make_player(_counting("<if_matched_sid>10</if_matched_sid>", 'frequency="20"'))
    last = player.play(*[_kv()] * 20, step_s=0)[-1]
    assert "20" == last.fields["rule.id"]
    assert 11 == len(str(last.fields["previous_output"]).splitlines())


def test_a_changed_log_shows_what_it_was(make_player: Callable[..., Any]) -> None:
    """The log before the change stands in the event."""
    rules = '<rule id="20" level="4"><match>ports</match><check_diff/><description>c</description></rule>'
    assert "ports 1" == make_player(rules).play("ports 1", "ports 2")[-1].fields["previous_log"]


def test_every_verdict_tells_how_often_it_fired(make_player: Callable[..., Any]) -> None:
    """Plain and composite rules count within the hour; `no_counter` leaves it out."""
    rules = _counting("<if_matched_sid>10</if_matched_sid>", 'frequency="2"') + (
        '<rule id="30" level="1"><match>noise</match><options>no_counter</options>'
        "<description>n</description></rule>"
        '<rule id="31" level="0"><match>quiet</match><description>q</description></rule>'
    )
    player = make_player(rules)
    events = player.play(_kv(), _kv(), _kv(), "noise", "quiet", "quiet")
    assert [1, 1, 2, None, 1, 2] == [event.fields.get("rule.firedtimes") for event in events]
    assert [1] == [event.fields["rule.firedtimes"] for event in player.play("quiet", step_s=3_600)]


def test_logtest_reports_an_ignored_rule_and_stores_nothing(make_rules: Callable[..., Any]) -> None:
    """Where production reports the parent, logtest reports the rule; neither remembers the event."""
    ruleset = make_rules(
        BASE
        + '<rule id="15" level="5" ignore="60"><if_sid>10</if_sid><match>red</match>'
        + "<description>i</description></rule>"
        + '<rule id="20" level="10" frequency="3" timeframe="60"><if_matched_sid>15</if_matched_sid>'
        + "<description>d</description></rule>"
    )
    assert ["15", "10", "10", "10"] == Player(ruleset).rules(*[_kv()] * 4)
    assert ["15", "15", "15", "15"] == Player(ruleset, logtest=True).rules(*[_kv()] * 4)


LDAP_DECODERS = r"""<decoder name="app"><program_name>^app$</program_name><accumulate/></decoder>
<decoder name="app-accept"><parent>app</parent><prematch>ACCEPT</prematch>
  <regex>^conn=(\d+) ACCEPT from (\S+)</regex><order>id, srcip</order><accumulate/></decoder>
<decoder name="app-result"><parent>app</parent><prematch>RESULT</prematch>
  <regex>^conn=(\d+) RESULT</regex><order>id</order><accumulate/></decoder>"""


def test_accumulated_fields_reach_rules_and_event(make_rules: Callable[..., Any], tmp_path: Any) -> None:
    """A line's rules see what earlier lines of its id said, same-value rules too."""
    make_rules("")
    (tmp_path / "decoders" / "d.xml").write_text(LDAP_DECODERS)
    (tmp_path / "rules" / "r.xml").write_text(
        '<group name="g,"><rule id="10" level="3"><decoded_as>app</decoded_as><match>RESULT</match>'
        "<srcip>192.0.2.0/24</srcip><description>From $(srcip)</description></rule>"
        '<rule id="20" level="9" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<same_srcip/><description>again</description></rule></group>"
    )
    ruleset = load([tmp_path])
    assert () == ruleset.problems
    player = Player(ruleset)
    events = player.play("conn=7 RESULT", "conn=7 ACCEPT from 192.0.2.9", "conn=7 RESULT", "conn=7 RESULT")
    assert [None, None, "10", "20"] == [event.fields.get("rule.id") for event in events]
    assert ("From 192.0.2.9", "192.0.2.9") == (
        events[2].fields["rule.description"],
        events[2].fields["source.ip"],
    )


def test_a_forwarded_alert_has_the_rule_it_names(make_rules: Callable[..., Any], tmp_path: Any) -> None:
    """Another manager's alert is replayed by its rule's id, whatever its text would match."""
    make_rules("")
    (tmp_path / "decoders" / "d.xml").write_text(
        '<decoder name="ossec-alert"><program_name>^ossec$</program_name>'
        "<plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>"
    )
    (tmp_path / "rules" / "r.xml").write_text(
        '<group name="g,"><rule id="10" level="3"><match>Alert</match><description>a</description></rule>'
        '<rule id="20" level="9"><match>never</match><description>b $(srcip)</description></rule></group>'
    )
    ruleset = load([tmp_path])
    line = "Nov 24 10:00:00 h ossec: Alert Level: 9; Rule: {} - x.; Location: h->/l; srcip: 192.0.2.1; text"
    records = [Record("s", n, line.format(rule).encode(), 1) for n, rule in enumerate((20, 99), start=1)]
    found = [
        event.fields.get("rule.description")
        for event in Correlation(ruleset).settle(ruleset.classify(records))
    ]
    assert ["b 192.0.2.1", "a"] == found


def test_a_rule_that_overwrites_counts_what_the_other_counted(make_rules: Callable[..., Any]) -> None:
    """Frequency and level are the new ones; what was counted stays, and the loader says so."""
    ruleset = make_rules(
        _counting("<if_matched_sid>10</if_matched_sid>")
        + '<rule id="20" level="12" frequency="2" overwrite="yes"><if_matched_sid>99</if_matched_sid>'
        + "<description>new</description></rule>"
        + '<rule id="10" level="4" overwrite="yes"><if_sid>20</if_sid><match>kv</match>'
        + "<description>base</description></rule>"
    )
    assert [
        "if_matched_sid is ignored: a rule that overwrites stays where the other stood",
        "if_sid is ignored: a rule that overwrites stays where the other stood",
    ] == [problem.reason for problem in ruleset.problems]
    events = Player(ruleset).play(_kv(), _kv())
    assert [("10", 4), ("20", 12)] == [(e.fields["rule.id"], e.fields["rule.level"]) for e in events]


def test_a_used_up_event_ends_the_search_only_if_it_would_count(make_player: Callable[..., Any]) -> None:
    """What must be different and is not is passed over, even when a higher rule has used it up."""
    rules = BASE + (
        '<rule id="20" level="10" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<match>stop</match><description>uses up the newest</description></rule>"
        '<rule id="21" level="8" frequency="3" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<match>go</match><different_user/><description>counts</description></rule>"
    )
    before = [_kv(user="a"), _kv(user="b"), _kv(user="c"), _kv(user="d", action="stop")]
    player = make_player(rules)
    assert ["10", "10", "10", "20"] == player.rules(*before)
    assert ["21"] == player.rules(_kv(user="c", action="go"))
    assert ["10"] == [*make_player(rules).rules(*before, _kv(user="e", action="go"))][-1:]
