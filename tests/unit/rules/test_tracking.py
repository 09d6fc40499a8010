"""Findings that count only when a value changed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load
from tocsin.rules.logtest import LogTest, Question
from tocsin.rules.tracking import Tracking

RULES = """<group name="x,">
<rule id="7" level="0"><category>ossec</category><description>.</description></rule>
<rule id="100100" level="3"><category>ossec</category><decoded_as>sca</decoded_as>
<description>$(sca.check.result)</description></rule>
<rule id="100101" level="9"><if_sid>100100</if_sid><field name="sca.check.previous_result">passed</field>
<description>was $(sca.check.previous_result)</description></rule></group>"""


@pytest.fixture
def ruleset(tmp_path: Path) -> Ruleset:
    """A rule for any check, and one for a check that passed before."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.xml").write_text(RULES)
    return load([tmp_path])


def _record(seq: int, result: str, agent: str = "001") -> Record:
    check = {"type": "check", "policy_id": "p", "check": {"id": 5, "result": result}}
    return Record(
        f"a{agent}", seq, json.dumps(check).encode(), 1_800_000_000_000_000 + seq, "sca", agent=agent
    )


def _verdicts(events: list[Event]) -> list[tuple[object, object]]:
    return [(event.fields.get("rule.id"), event.fields.get("rule.description")) for event in events]


def test_rules_see_what_the_value_was(ruleset: Ruleset) -> None:
    """First sight, no change, a change, a change back; another agent has a memory of its own."""
    records = [
        *(_record(1, "passed"), _record(2, "passed"), _record(3, "failed"), _record(4, "passed")),
        *(_record(1, "failed", "002"), _record(2, "odd", "002"), _record(3, "failed", "002")),
    ]
    events = Correlation(ruleset).settle(ruleset.classify(records))
    assert [
        *(("100100", "passed"), (None, None), ("100101", "was passed"), ("100100", "passed")),
        *(("100100", "failed"), ("100100", "odd"), ("100100", "failed")),
    ] == _verdicts(events)
    assert "passed" == events[2].fields["data.sca.check.previous_result"]


def test_a_line_tried_shows_what_the_value_was(ruleset: Ruleset) -> None:
    """Among the data, from the second result of a check on."""
    test = LogTest(ruleset, lambda: 1_800_000_000_000_000)
    shown = [
        test.ask(Question(_record(seq, result).raw.decode(), queue="p")).data["sca"]["check"]
        for seq, result in enumerate(("failed", "passed", "failed"))
    ]
    assert [None, "failed", "passed"] == [check.get("previous_result") for check in shown]


def test_the_open_question_travels_between_processes(ruleset: Ruleset) -> None:
    """What a worker leaves open is plain data, and means the same after it was packed."""
    classified = ruleset.classify([_record(1, "passed"), _record(2, "failed")])
    packed = msgspec.msgpack.encode(classified)
    again = msgspec.msgpack.decode(packed, type=list[Classified])
    assert [("100100", "passed"), ("100101", "was passed")] == _verdicts(Correlation(ruleset).settle(again))


def test_an_event_that_is_sent_again_counts_once(ruleset: Ruleset) -> None:
    """It gets the verdict and the fields it had, and is no change."""
    correlation = Correlation(ruleset)
    first, second = _record(1, "passed"), _record(2, "failed")
    once = correlation.settle(ruleset.classify([first, second]))
    twice = correlation.settle(ruleset.classify([first, second]))
    assert _verdicts(once) == _verdicts(twice)
    assert "passed" == twice[1].fields["data.sca.check.previous_result"]
    third = correlation.settle(ruleset.classify([_record(3, "failed")]))
    assert [(None, None)] == _verdicts(third)


def test_what_was_seen_can_be_kept(ruleset: Ruleset) -> None:
    """Its state is plain data and goes on where it was."""
    tracking = Tracking()
    event = Event("s", 1, 0, 0, "", {})
    asked = ["k", "v", [["", {"a": 1}, [[1, "d", []]]]]]
    assert [[1, "d", []]] == tracking.choose(event, asked)
    kept = Tracking()
    kept.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(tracking.state())))
    assert [] == kept.choose(event, asked)
    again = Event("s", 1, 0, 0, "", {})
    kept.again(again)
    assert {"a": 1} == again.fields
