"""Loading folders and classifying records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.core.record import Kind, Record
from tocsin.rules import Ruleset, load

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
