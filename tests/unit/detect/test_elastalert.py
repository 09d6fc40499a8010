"""ElastAlert rules are read with their meaning, or refused with line and reason."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tocsin.core.clock import HOUR, MINUTE
from tocsin.core.errors import ContentError
from tocsin.detect.elastalert_options import MOST_UNKNOWN
from tocsin.detect.loader import read_text
from tocsin.detect.rule import Window, group_of, title_of

BRUTE = dedent(
    """\
    name: SSH brute force
    type: frequency
    index: tocsin-*
    num_events: 8
    timeframe:
      minutes: 2
    query_key: [source.ip, user.name]
    realert:
      hours: 1
    filter:
      - term: {rule.groups: authentication_failed}
    alert: debug
    alert_subject: "Brute force of {1} from {0}"
    alert_subject_args: [data.srcip, user.name]
    tocsin:
      severity: high
      techniques: [T1110.001]
    """
)


def test_a_frequency_rule_is_read_whole(event):
    """Window, silence, keys, title, severity and techniques."""
    read = read_text("brute.yml", BRUTE)
    rule = read.rule
    assert ("SSH brute force", 3, Window(8, 2 * MINUTE), HOUR) == (
        rule.id,
        rule.severity,
        rule.window,
        rule.realert,
    )
    assert rule.techniques == ("T1110.001",)
    failure = event(
        1, rule__groups=["sshd", "authentication_failed"], source__ip="192.0.2.1", user__name="root"
    )
    assert rule.matches(failure)
    assert group_of(rule, failure) == ("source.ip,user.name", "192.0.2.1, root")
    assert title_of(rule, failure) == "Brute force of root from 192.0.2.1"
    assert read.remarks == ()


def test_a_missing_key_groups_under_none(event):
    """As ElastAlert does."""
    rule = read_text("brute.yml", BRUTE).rule
    assert group_of(rule, event(1, source__ip="192.0.2.1")) == ("source.ip,user.name", "192.0.2.1, None")


def test_the_defaults_are_elastalerts():
    """Realert is one minute; without query_key all matches share one group; the file names the rule."""
    rule = read_text("any.yml", "type: any\nindex: x\nfilter: []\n").rule
    assert (MINUTE, False, None, "any") == (rule.realert, rule.grouped, rule.window, rule.name)


def test_an_unknown_option_is_reported_with_the_likely_one():
    """ElastAlert would ignore it without a word."""
    read = read_text("brute.yml", BRUTE.replace("realert:", "relaert:"))
    assert ["brute.yml:8"] == [str(problem.location) for problem in read.remarks]
    assert "did you mean 'realert'?" in read.remarks[0].reason


def test_options_of_alerters_are_not_reported():
    """They belong to notification, which has its own settings."""
    assert read_text("brute.yml", BRUTE + "slack_webhook_url: https://x\nes_host: localhost\n").remarks == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("alert: debug", "alert: command", 12, "runs a command"),
        ("alert: debug", "alert: [my.module.Alerter]", 12, "do not load code"),
        ("type: frequency", "type: my_rules.Custom", 2, "do not load code"),
        ("type: frequency", "type: flatline", 2, "needs a threshold"),
        ("type: frequency", "type: freqency", 2, "must be one of any"),
        ("num_events: 8", "num_events: zero", 4, "whole number"),
        ("  minutes: 2", "  minuets: 2", 5, "no span of time"),
        ("- term: {", "- trem: {", 10, "no filter clause"),
        ("severity: high", "severity: awful", 15, "low, medium"),
        ("severity: high", "urgency: high", 15, "does not know"),
        ("alert: debug", "timestamp_to_datetime_format_expr: ts", 12, "Python"),
        ("alert: debug", "match_enhancements: [a.b]", 12, "Python module"),
        ("alert: debug", "name: twice", 12, "given twice"),
        ("query_key: [source.ip, user.name]", "query_key: {a: b}", 7, "list of texts"),
    ],
)
def test_what_cannot_be_kept_to_its_meaning_is_refused(old, new, line, reason):
    """With file and line."""
    with pytest.raises(ContentError, match=reason) as caught:
        read_text("brute.yml", BRUTE.replace(old, new))
    assert str(caught.value.location) == f"brute.yml:{line}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1", "not valid YAML"),
        ("- a\n- b\n", "mapping"),
        ("", "mapping"),
        ("name: x\n", "neither"),
        ("type: any\nx: &a [1]\ny: *a\n", "aliases"),
        ("type: any\nfilter: " + "[" * 3000, "YAML|deep"),
        ("x: " + "a" * 600_000, "larger"),
        ("correlation: {}\n", "correlation|title"),
    ],
)
def test_what_is_no_rule_is_refused(text, reason):
    """Whatever is in the file, it is a refusal and not a crash."""
    with pytest.raises(ContentError, match=reason):
        read_text("x.yml", text)


@pytest.mark.parametrize(
    "more",
    [
        "1: a",
        "null: a",
        "2026-01-01: a",
        "tocsin: {1: a, b: c}",
        "tocsin: {mode: [exact]}",
        "alert_text: '{{" + "(" * 3_000 + "1" + ")" * 3_000 + "}}'\nalert_text_type: alert_text_jinja",
        "metric_agg_type: sum\nmetric_agg_key: a\nmax_threshold: 1\nmetric_format_string: '%09999999f'",
    ],
)
def test_odd_shapes_are_refused_with_their_place(more):
    """Whatever stands in a file, it is a refusal: one odd rule must not keep the others from loading."""
    kind = "metric_aggregation" if "metric" in more else "any"
    with pytest.raises(ContentError) as refused:
        read_text("odd.yml", f"name: odd\ntype: {kind}\nfilter: []\nalert: debug\n{more}\n")
    assert "odd.yml" == refused.value.location.path


@pytest.mark.parametrize("days", ["99999999999999", ".nan", ".inf"])
def test_an_option_that_looks_like_a_span_without_end_is_left_as_written(days):
    """It is no option of ours; texts may still name it."""
    read = read_text("odd.yml", f"name: odd\ntype: any\nfilter: []\nalert: debug\nfoo: {{days: {days}}}\n")
    assert isinstance(read.rule.watch.wording.options["foo"], dict)


def test_a_flood_of_unknown_options_is_told_in_part():
    """What was meant is looked for a bounded number of times."""
    flood = "".join(f"alert_texst_{number}: 1\n" for number in range(MOST_UNKNOWN * 3))
    read = read_text("odd.yml", f"name: odd\ntype: any\nfilter: []\nalert: debug\n{flood}")
    assert MOST_UNKNOWN == len(read.remarks)
