"""Rules as they are written, and which of two readings differ."""

from __future__ import annotations

from pathlib import Path

from tocsin.rules.sources import content_files, differences, fingerprints, read_rule_texts

_TEXT = """<!-- <rule id="1" level="0"></rule> -->
<var name="X">a</var>
<group name="g,">
  <rule id="10" level="3">
    <match>$X</match> <!-- why -->
  </rule>
<rule level="5" id='11'><match>b</match></rule>
</group>"""


def test_rules_are_found_with_line_and_text(tmp_path: Path) -> None:
    """Those in comments are none."""
    file = tmp_path / "a.xml"
    file.write_text(_TEXT)
    first, second = read_rule_texts(file)
    assert (10, 4, True) == (first.id, first.line, first.text.endswith("</rule>"))
    assert "<!-- why -->" in first.text
    assert (11, 7) == (second.id, second.line)


def test_differences_name_ids(tmp_path: Path) -> None:
    """A variable belongs to the rules that use it, and what replaces a rule to that rule."""
    file, other = tmp_path / "a.xml", tmp_path / "b.xml"
    file.write_text(_TEXT)
    before = fingerprints([file, other])
    file.write_text(_TEXT.replace(">a<", ">z<"))
    other.write_text(
        '<group name="g,"><rule id="11" level="9" overwrite="yes"></rule><rule id="12"></rule></group>'
    )
    found = differences(before, fingerprints([file, other]))
    assert ((12,), (10, 11), ()) == (found.added, found.changed, found.removed)
    assert not differences(before, before)
    assert (10, 11) == differences(before, {}).removed


def test_files_of_all_folders_are_ordered_by_name(tmp_path: Path) -> None:
    """As Wazuh reads them: by base name over all folders."""
    for name in (
        "one/rules/0500-x.xml",
        "two/rules/0100-y.xml",
        "one/rules/local.xml",
        "two/rules/0900-z.xml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = content_files([tmp_path / "one", tmp_path / "two"], "rules", frozenset({"0900-z.xml"}))
    assert ["0100-y.xml", "0500-x.xml", "local.xml"] == [file.name for file in found]
