"""Loading folders and classifying records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.core.record import Kind, Record
from tocsin.rules import Ruleset, RulesetOptions, load

RULE = (
    '<rule id="10" level="3"><match>kv</match><description>d</description><mitre><id>T1</id></mitre></rule>'
)


def test_listing(make_rules: Any, tmp_path: Path) -> None:
    """A listed rule says what it is and where it stands."""
    rule = make_rules("\n" + RULE).rules[0]
    assert ("10", 3, "d", ("local",), ("T1",)) == (
        rule.id,
        rule.level,
        rule.description,
        rule.groups,
        rule.mitre,
    )
    assert (str(tmp_path / "rules" / "r.xml"), 2) == (rule.file, rule.line)


def test_folders_are_read_together_by_file_name(make_rules: Any, tmp_path: Path) -> None:
    """A file of another folder may refine rules of the first when its name comes later."""
    make_rules(RULE)
    other = tmp_path / "other"
    (other / "rules").mkdir(parents=True)
    (other / "rules" / "z.xml").write_text(
        '<group name="x,"><rule id="11" level="4"><if_sid>10</if_sid><description>d</description>'
        "</rule></group>"
    )
    ruleset = load([other, tmp_path])
    assert () == ruleset.problems
    assert ["10", "11"] == [rule.id for rule in ruleset.rules]


def test_a_missing_folder_is_a_problem() -> None:
    """Loading never raises over what is not there."""
    assert ["no such folder"] == [problem.reason for problem in load([Path("/nonexistent/x")]).problems]


def test_a_broken_file_leaves_the_others_in_force(make_rules: Any, tmp_path: Path) -> None:
    """Rules of other files work when one file cannot be read."""
    make_rules(RULE)
    (tmp_path / "rules" / "a.xml").write_text("<group><rule")
    ruleset = load([tmp_path])
    assert [str(tmp_path / "rules" / "a.xml")] == [p.location.path for p in ruleset.problems]
    assert ["10"] == [rule.id for rule in ruleset.rules]


@pytest.mark.parametrize("kind", ["line", "json", "winevent", "finding"])
@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 99, b"\n", b"<" * 5_000, b'{"a":' * 5_000, "ß".encode() * 9]
)
def test_no_bytes_stop_a_batch(make_rules: Any, kind: Kind, raw: bytes) -> None:
    """Whatever a record holds, an event comes of it."""
    ruleset: Ruleset = make_rules(RULE)
    found = ruleset.classify([Record("s", 1, raw, 10**15, kind)])
    assert [("s", 1)] == [(c.event.source, c.event.seq) for c in found]
    assert 0 == ruleset.quarantined


def test_a_failing_record_is_set_apart_and_counted(make_rules: Any) -> None:
    """When analysis itself fails, the event says so, the count rises and the batch goes on."""
    ruleset: Ruleset = make_rules(RULE)
    no_kind: Any = []
    raw = b"Nov 24 10:00:00 h app: kv"
    first, second = ruleset.classify([Record("s", 1, raw, 10**15, no_kind), Record("s", 2, raw, 10**15)])
    assert str(first.event.fields["error.message"]).startswith("analysis failed: TypeError: ")
    assert raw.decode() == first.event.message
    assert "10" == second.event.fields["rule.id"]
    assert 1 == ruleset.quarantined


def test_files_may_be_left_out(make_rules: Any, tmp_path: Path) -> None:
    """A rule file named by its base name is not read."""
    make_rules('<rule id="10" level="3"><match>kv</match><description>d</description></rule>')
    (tmp_path / "rules" / "other.xml").write_text('<group name="g,"><nope/></group>')
    assert 1 == len(load([tmp_path]).problems)
    assert () == load([tmp_path], RulesetOptions(left_out=frozenset({"other.xml"}))).problems


def test_windows_events_may_come_as_plain_json(make_rules: Any, tmp_path: Path) -> None:
    """Rule 60000 is for the eventchannel's decoder, or for lines that the JSON decoder has read."""
    make_rules(
        '<rule id="60000" level="2"><category>ossec</category><decoded_as>windows_eventchannel</decoded_as>'
        "<description>w</description></rule>"
    )
    (tmp_path / "decoders" / "d.xml").write_text(
        '<decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>'
    )
    record = Record("s", 1, b'{"win": {}}', 1)
    found = [
        load([tmp_path], RulesetOptions(json_as_eventchannel=choice)).classify([record])[0].event.fields
        for choice in (False, True)
    ]
    assert [None, "60000"] == [fields.get("rule.id") for fields in found]


def test_a_line_without_a_host_is_the_machines_own(make_rules: Any, tmp_path: Path) -> None:
    """Rules see the machine's name, the event does not claim it."""
    make_rules('<rule id="10" level="3"><hostname>^here$</hostname><description>d</description></rule>')
    ruleset = load([tmp_path], RulesetOptions(hostname="here"))
    lines = (b"plain", b"Nov 24 10:00:00 there app: x")
    records = [Record("s", seq, line, 1) for seq, line in enumerate(lines, start=1)]
    found = [classified.event.fields for classified in ruleset.classify(records)]
    assert ["10", None] == [fields.get("rule.id") for fields in found]
    assert [None, "there"] == [fields.get("host.hostname") for fields in found]


def test_levels_choose_parents(make_rules: Any) -> None:
    """`if_level` places a rule below every earlier rule of at least the level."""
    ruleset = make_rules(
        "".join(
            f'<rule id="1{n}" level="{n}"><match>x</match><description>d</description></rule>'
            for n in (3, 5, 7)
        )
        + '<rule id="20" level="9"><if_level>5</if_level><description>e</description></rule>'
    )
    parents = [rule.id for rule in ruleset.tree.rules.values() if ruleset.tree.rules[20] in rule.children]
    assert [15, 17] == parents
    assert 2 == ruleset.tree.rules[20].places
