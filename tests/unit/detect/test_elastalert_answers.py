"""Mode `compat` from the rule's text to the words of its alerts: each fact was asked of ElastAlert 2.31."""

from __future__ import annotations

import pytest

from tocsin.core.clock import MINUTE, SECOND, from_iso
from tocsin.detect.elastalert import read_elastalert
from tocsin.detect.kinds import Hit
from tocsin.detect.kinds.document import timestamp
from tocsin.detect.kinds.settings import PollSettings
from tocsin.detect.rule_source import read_rule_source
from tocsin.detect.runs.document import prepared
from tocsin.detect.runs.log import HeldLog
from tocsin.detect.runs.poll import Polled, Poller
from tocsin.detect.telling import dressed
from tocsin.detect.wording import body, title

START = from_iso("2024-03-01T00:00:00Z")
MINUTELY = PollSettings(buffer_time=5 * MINUTE)


class Alert:
    """An alert as it was told: at which minute, with which words and documents."""

    def __init__(self, minute, watch, matches):
        matches = dressed(watch, matches)
        self.minute = minute
        self.title = title(watch.wording, matches)
        self.body = body(watch.wording, watch.kind, matches)
        self.documents = [match.fields for match in matches]
        self.ids = [document.get("_id") for document in self.documents]


def run(rule, *events, minutes=30, defaults=MINUTELY, restart=0):
    """Run a rule, of type any unless it begins with its own; events are (second, [second seen,] fields)."""
    text = f"name: R\nalert: debug\n{rule}"
    if not rule.startswith("type:"):
        text += "type: any\n"
    if "realert:" not in rule:
        text += "realert: {minutes: 0}\n"
    read = read_elastalert(read_rule_source("r.yml", text + "tocsin: {mode: compat}\n"), "r", defaults)
    watch = read.rule.watch
    log, alerts, minute = HeldLog(1_000), [], 0
    for number, (second, *seen, fields) in enumerate(events):
        at = START + round(second * SECOND)
        document = prepared(watch, {"@timestamp": timestamp(at), "_id": str(number), **fields})
        log.add(Hit(at, str(number), document), START + seen[0] * SECOND if seen else at)

    def deliver(matches):
        alerts.append(Alert(minute, watch, matches))
        return True

    poller = Poller(Polled("R", watch.kind, watch.poll), log, deliver)
    poller.begin(START)
    for minute in range(1, minutes + 1):
        log.now = START + minute * MINUTE
        if minute == restart:
            poller.restart(log.now)
        poller.tick(log.now)
    return alerts


def text_of(rule, **fields):
    """Return the body of the one alert about one event."""
    [alert] = run(rule, (10, fields))
    return alert.body


@pytest.mark.parametrize(
    ("fields", "name", "told"),
    [
        ({"host": "h9"}, "host.name", "h9"),
        ({"tags": ["a", "b"]}, "tags.first", "['a', 'b']"),
        ({"tags": "ab"}, "tags[1]", "b"),
        ({"a.b": {"c": 1}, "a": {"b": {"c": 2, "d": 3}}}, "a.b.c", "1"),
        ({"a": {"b": {"c": 2}}}, "a.b.c.keyword", "2"),
        ({"a": {"b": None}}, "a.b.c", "<MISSING VALUE>"),
        ({"a": 0}, "a", "0"),
        ({"a": ""}, "a", ""),
    ],
)
def test_a_field_is_found_in_odd_documents(fields, name, told):
    """What has nothing below it answers for every name below it; the longest key of its own wins."""
    rule = f"alert_text: '{{0}}'\nalert_text_args: ['{name}']\nalert_text_type: alert_text_only\n"
    assert text_of(rule, **fields) == f"{told}\n\n"


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("$name$", "", "R"),
        ("$realert$", "", "0:00:00"),
        ("$priority$", "", "2"),
        ("$filter$", "filter: [{match_all: {}}]\n", "[{'match_all': {}}]"),
        ("$query_key$", "query_key: [user, state]\n", "user,state"),
        ("$nothing$", "", "$nothing$"),
        ("see $name$", "", "see $name$"),
    ],
)
def test_a_text_may_be_another_option_as_a_whole(text, more, told):
    """Also one the rule leaves to its default; beside other words it stays as it is."""
    assert text_of(f"alert_text: '{text}'\nalert_text_type: alert_text_only\n{more}") == f"{told}\n\n"


def test_jinja_sees_the_defaults_of_what_a_rule_leaves_out():
    """Spans as Python writes them, several keys joined."""
    text = "{{ realert }} {{ buffer_time }} {{ aggregation }} {{ query_key }} {{ priority }}"
    rule = f"alert_text: '{text}'\nalert_text_type: alert_text_jinja\nquery_key: [a, b]\n"
    assert text_of(rule) == "0:00:00 0:05:00 0:00:00 a,b 2\n\n"


def test_backslashes_of_a_value_are_told_as_they_are():
    """No `\\n` becomes a line."""
    assert "user: a\\nb\n" in text_of("description: d\n", user="a\\nb")


def test_options_travel_with_the_matches():
    """With every match, or with the first of a gathered alert; one the rule has not is told as None."""
    rule = "include_rule_params_in_matches: [name, timeframe, none]\ntimeframe: {minutes: 3}\n"
    [alert] = run(rule, (10, {}))
    carried = {key: value for key, value in alert.documents[0].items() if key.startswith("rule_param_")}
    assert carried == {"rule_param_name": "R", "rule_param_timeframe": "0:03:00", "rule_param_none": None}
    assert "rule_param_none: None\n" in alert.body
    rule += "include_rule_params_in_first_match_only: true\naggregation: {minutes: 2}\n"
    [alert] = run(rule, (10, {}), (20, {}))
    assert ["rule_param_name" in document for document in alert.documents] == [True, False]


def test_a_table_is_drawn_for_a_single_match_too():
    """Whether or not the rule gathers."""
    told = text_of(
        "summary_table_fields: [user]\nsummary_table_type: markdown\nalert_text: x\n"
        "alert_text_type: alert_text_only\n",
        user="ann",
    )
    assert "| user | count |\n|-----|-----|\n| ann | 1 |\n\n" in told


def test_a_table_of_no_rows_is_its_head():
    """As `summary_table_max_rows: 0` asks for."""
    told = text_of(
        "summary_table_fields: [user]\nsummary_table_max_rows: 0\n"
        "alert_text_type: aggregation_summary_only\n",
        user="ann",
    )
    assert told.endswith(
        "+------+-------+\n| user | count |\n+======+=======+\n+------+-------+\n\nShowing top 0 rows\n"
    )


def test_a_table_widens_tabs():
    """To the next multiple of eight."""
    rule = "summary_table_fields: [m]\nalert_text_type: aggregation_summary_only\n"
    assert "| tab     here | 1     |" in text_of(rule, m="tab\there")


def test_times_in_sentences_follow_the_rule():
    """`custom_pretty_ts_format`, as `strftime` takes it."""
    rule = "type: frequency\nnum_events: 1\ntimeframe: {minutes: 2}\n"
    rule += "custom_pretty_ts_format: '%d.%m. %H:%M:%S'\n"
    assert "between 29.02. 23:58:10 and 01.03. 00:00:10" in text_of(rule)


def test_gathering_keys_are_told_apart_by_their_text():
    """0 is not false; an empty one has no key, and goes on with whatever gathers longest."""
    rule = "aggregation: {minutes: 5}\naggregation_key: flag\n"
    values = ({"flag": 0}, {"flag": False}, {"flag": 0}, {"flag": ""}, {})
    alerts = run(rule, *((10 + number * 60, fields) for number, fields in enumerate(values)))
    assert [alert.ids for alert in alerts] == [["0", "2"], ["1", "3", "4"]]


def test_a_match_written_with_its_fields_is_told_by_its_own_time():
    """`include_match_in_root`: a late one finds its place behind the first."""
    events = (10, {}), (130, {}), (70, 200, {}), (140, {})
    rule = "aggregation: {minutes: 5}\n"
    assert run(rule, *events)[0].ids == ["0", "1", "3", "2"]
    assert run(f"{rule}include_match_in_root: true\n", *events)[0].ids == ["0", "2", "1", "3"]


def test_top_values_are_of_the_same_compound_key():
    """Whose text is taken apart at its commas again: a value with one in it finds nothing."""
    rule = "query_key: [user, host]\ntop_count_keys: [state]\n"
    alerts = run(
        rule,
        (10, {"user": "ann", "host": "h1", "state": "ok"}),
        (20, {"user": "bob", "host": "h1", "state": "bad"}),
        (30, {"user": "ann, bob", "host": "h1", "state": "odd"}),
    )
    assert [alert.documents[0]["top_events_state.keyword"] for alert in alerts] == [{"ok": 1}, {"bad": 1}, {}]


def test_top_values_count_lists_that_hold_the_key():
    """As a term of a search matches any element."""
    events = (10, {"host": "h1", "state": "ok"}), (20, {"host": ["h1", "h2"], "state": "bad"})
    alerts = run("query_key: host\ntop_count_keys: [state]\nfilter: [{term: {state: ok}}]\n", *events)
    assert alerts[0].documents[0]["top_events_state.keyword"] == {"bad": 1, "ok": 1}


def test_enhancements_that_run_first_take_the_seconds_away():
    """The ten minutes after a match are counted from its minute."""
    events = (50, {"state": "a"}), (625, {"state": "b"})
    rule = "top_count_keys: [state]\nmatch_enhancements: [elastalert.enhancements.TimeEnhancement]\n"
    late = PollSettings(buffer_time=20 * MINUTE)
    told = [
        run(f"query_delay: {{minutes: 11}}\n{rule}{more}", *events, defaults=late)[0]
        for more in ("", "run_enhancements_first: true\n")
    ]
    assert [alert.documents[0]["top_events_state.keyword"] for alert in told] == [{"a": 1, "b": 1}, {"a": 1}]
    assert [alert.documents[0]["@timestamp"] for alert in told] == ["2024-03-01 00:00 UTC"] * 2


def test_rules_that_ask_for_numbers_begin_by_the_general_pace():
    """The first question of a rule that runs more often reaches back by `run_every` of the configuration."""
    rule = "type: frequency\nnum_events: 2\ntimeframe: {minutes: 5}\nuse_count_query: true\n"
    rule += "run_every: {minutes: 1}\n"
    events = (-70, {}), (30, {})
    slow = PollSettings(run_every=5 * MINUTE, buffer_time=5 * MINUTE)
    assert [alert.minute for alert in run(rule, *events, defaults=slow)] == [1]
    assert run(rule, *events) == []


def test_a_spike_of_a_field_counts_whole_numbers():
    """What stands behind the point is left off, and text that is no whole number is no value."""
    rule = (
        "type: spike\nfield_value: n\nspike_height: 2\nspike_type: up\ntimeframe: {minutes: 3}\n"
        "scan_entire_timeframe: false\n"
    )
    events = [(second, {"n": 1.9 if second < 370 else "4"}) for second in range(10, 500, 30)]
    [first, *_] = run(rule, *events)
    assert first.documents[0]["reference_count"] == 1.0
    assert run(rule, *((second, {"n": "4.5"}) for second in range(10, 500, 30))) == []


def test_a_spike_of_percentiles_compares_their_sums():
    """As of sums; only extremes and means are compared as such."""
    rule = (
        "type: spike_aggregation\nmetric_agg_key: n\nmetric_agg_type: percentiles\npercentile_range: 50\n"
        "spike_height: 1.5\nspike_type: up\ntimeframe: {minutes: 3}\nbuffer_time: {minutes: 1}\n"
    )
    events = [(second, {"n": 2 if second < 370 else 5}) for second in range(10, 500, 60)]
    [first, *_] = run(rule, *events)
    assert (first.documents[0]["reference_count"], first.documents[0]["spike_count"]) == (6.0, 9.0)


def test_a_combination_with_an_empty_part_is_missing():
    """Whatever else it is: an empty list, an empty text, nothing."""
    rule = "type: new_term\nfields: [[user, state]]\nalert_on_missing_field: true\n"
    alerts = run(rule, (10, {"user": "ann", "state": []}), (20, {"user": "ann", "state": "ok"}))
    assert [alert.documents[0].get("missing_field") for alert in alerts] == [("user", "state"), None]


def test_mappings_are_no_keys():
    """Of a rule that asks for numbers per key, where a field holds a mapping."""
    rule = "type: frequency\nnum_events: 1\ntimeframe: {minutes: 5}\nquery_key: tags\nuse_terms_query: true\n"
    [alert] = run(rule, (10, {"tags": [{"k": 1}, "b"]}))
    assert alert.documents[0]["tags"] == "b"


def test_a_schedule_takes_matches_by_their_minute_when_times_are_written_first():
    """One of the very minute a gathering ends still belongs to it, whatever its second."""
    rule = (
        "aggregation: {schedule: '*/5 * * * *'}\naggregation_alert_time_compared_with_timestamp_field: true\n"
        "match_enhancements: [TimeEnhancement]\n"
    )
    events = (10, {}), (310, {})
    first = "run_enhancements_first: true\n"
    assert [alert.ids for alert in run(rule, *events)] == [["0"], ["1"]]
    assert [alert.ids for alert in run(rule + first, *events)] == [["0", "1"]]


def test_lines_of_a_cell_are_lines_in_html():
    """Not of the document."""
    rule = "summary_table_fields: [m]\nsummary_table_type: html\nalert_text_type: aggregation_summary_only\n"
    assert ">one<br>two &amp; three</td>" in text_of(rule, m="one\ntwo & three")
