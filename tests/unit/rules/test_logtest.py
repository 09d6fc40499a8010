"""Lines tried one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.rules.logtest import LogTest, Question

NOW = from_iso("2026-11-24T12:00:00Z")
RULES = (
    '<rule id="10" level="3"><match>kv</match><description>from $(srcip)</description>'
    "<group>failed,pci_dss_10.2.4,</group><mitre><id>T1110</id></mitre></rule>"
    '<rule id="20" level="10" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
    "<description>two</description></rule>"
    '<rule id="30" level="0"><match>quiet</match><description>q</description></rule>'
)
HEADER = "Nov 24 10:00:00 h app: "
KV = HEADER + "kv 192.0.2.7 bob open red"


@pytest.fixture
def ask(make_rules: Callable[..., Any]) -> Callable[..., Any]:
    """Ask one logtest."""
    test = LogTest(make_rules(RULES), lambda: NOW, sessions=2)
    return lambda log, **more: test.ask(Question(log, **more))


def test_an_answer_is_in_the_words_of_wazuhs_alerts(ask: Callable[..., Any]) -> None:
    """Decoder, rule, header and fields stand under the names of `alerts.json`."""
    answer = ask(KV, session="a")
    assert {"name": "app", "parent": "app"} == answer.decoder
    assert {
        "id": "10",
        "level": 3,
        "description": "from 192.0.2.7",
        "groups": ["local", "failed"],
    } == {name: answer.rule[name] for name in ("id", "level", "description", "groups")}
    assert ["T1110"] == answer.rule["mitre"]["id"]
    assert {"program_name": "app", "timestamp": "Nov 24 10:00:00", "hostname": "h"} == answer.predecoder
    assert {"srcip": "192.0.2.7", "dstuser": "bob", "action": "open", "colour": "red"} == answer.data
    assert "a" == answer.session


def test_level_0_is_shown_and_nothing_is_null(ask: Callable[..., Any]) -> None:
    """A rule of level 0 is an answer; without decoder or rule there is none of them."""
    assert 0 == ask(HEADER + "quiet").rule["level"]
    answer = ask("what is this")
    assert (None, None, {}, {}) == (answer.decoder, answer.rule, answer.predecoder, answer.data)


def test_sessions_share_nothing(ask: Callable[..., Any]) -> None:
    """Within a session events count together; lines without one form one of their own."""
    assert ["10", "20"] == [ask(KV, session=1).rule["id"] for _ in range(2)]
    assert "10" == ask(KV, session="1").rule["id"]
    assert "10" == ask(KV, session=True).rule["id"]
    assert ["10", "20"] == [ask(KV).rule["id"] for _ in range(2)]


def test_the_session_unused_for_longest_is_forgotten(ask: Callable[..., Any]) -> None:
    """There is room for a bounded number of sessions."""
    for name in ("a", "b", "a", "c"):
        ask(KV, session=name)
    assert ["10", "20"] == [ask(KV, session="b").rule["id"] for _ in range(2)]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question("x", queue="z"), "queue 'z' is none of"),
        (Question("x", session="s" * 300), "at most 256"),
        (Question("x" * 2_000_000), "longer than"),
        (Question("x", queue="f"), "cannot be decoded as winevent"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    make_rules: Callable[..., Any], question: Question, reason: str
) -> None:
    """The reason is said."""
    with pytest.raises(InvalidError, match=reason):
        LogTest(make_rules(RULES), lambda: NOW).ask(question)


def test_agents_count_apart(ask: Callable[..., Any]) -> None:
    """A location may be that of an agent; its name is the host that rules see."""
    here = "[001] (web1) 10.0.0.1->/var/log/app.log"
    there = "[002] (web2) any->/var/log/app.log"
    found = [ask(KV, location=location, session=1).rule["id"] for location in (here, there, here)]
    assert ["10", "10", "20"] == found


def test_whether_an_alert_would_be_written(make_rules: Callable[..., Any]) -> None:
    """The level decides, unless the rule's options do."""
    ruleset = make_rules(
        '<rule id="10" level="3"><match>kv</match><description>a</description></rule>'
        '<rule id="11" level="2"><match>low</match><description>b</description></rule>'
        '<rule id="12" level="2"><match>log</match><options>log_alert</options>'
        "<description>c</description></rule>"
        '<rule id="13" level="9"><match>not</match><options>no_log</options>'
        "<description>d</description></rule>"
    )
    test = LogTest(ruleset, lambda: NOW)
    found = [
        test.alerts(test.ask(Question(HEADER + text)), 3) for text in ("kv", "low", "log", "not", "none")
    ]
    assert [True, False, True, False, False] == found


def test_bytes_that_are_no_utf_8_are_taken(ask: Callable[..., Any]) -> None:
    """A lone surrogate stands for a byte, as Python writes it; other lone surrogates harm nothing."""
    assert "10" == ask(KV + " \udce4").rule["id"]
    assert "20" == ask(KV + " \ud800").rule["id"]
