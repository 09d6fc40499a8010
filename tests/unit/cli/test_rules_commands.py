"""`tocsin rules list|show|tree|explain|dead|import|enable|disable|stats|reload`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tocsin.cli.rules import app
from tocsin.core.errors import InvalidError, NotFoundError, TocsinError
from tocsin.rules.statistics import RuleFigures
from tocsin.rules.store import FIGURES_FILE
from tocsin.rules.writing import write_whole

_RULES = """<group name="demo,">
<rule id="100" level="3"><match>login</match><description>Login.</description></rule>
<rule id="101" level="9"><if_sid>100</if_sid><match>root</match><description>As root.</description></rule>
<rule id="102" level="3"><match>login</match><description>Never.</description></rule>
</group>"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A ruleset of the operator's."""
    (tmp_path / "mine" / "rules").mkdir(parents=True)
    (tmp_path / "mine" / "rules" / "demo.xml").write_text(_RULES)
    return tmp_path / "mine"


@pytest.fixture
def config(tmp_path: Path, content: Path) -> list[str]:
    """Options that name settings with that ruleset only, and an empty data folder."""
    file = tmp_path / "tocsin.toml"
    file.write_text(f'data = "{tmp_path}/data"\n[content]\nrules = ["{content}"]\nown_rules = "never"\n')
    return ["--config", str(file)]


def _run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    if isinstance(result.exception, TocsinError):
        raise result.exception
    return result


def _json(*arguments: str) -> Any:
    return json.loads(_run(*arguments, "--json").output)


def test_list_selects(content: Path, config: list[str]) -> None:
    """By level, text and file; of a folder or of the settings' content; status 1 when there is none."""
    assert ["101"] == [rule["id"] for rule in _json("list", "--ruleset", str(content), "--level", "5")]
    assert ["101"] == [rule["id"] for rule in _json("list", *config, "--text", "ROOT")]
    shown = _run("list", *config, "--file", "demo.xml")
    assert (0, True) == (shown.exit_code, shown.output.endswith("3 rules\n"))
    assert "As root.  [demo.xml:3]" in shown.output
    assert 1 == _run("list", *config, "--group", "none").exit_code


def test_show_tells_all_of_a_rule(config: list[str]) -> None:
    """Source with file and line, conditions in force, family, hits."""
    shown = _run("show", "101", *config).output
    assert "demo.xml:3" in shown
    assert "<match>root</match>" in shown
    assert "parents: 1" in shown
    assert "hits: 0" in shown
    assert ["100"] == [rule["id"] for rule in _json("show", "101", *config)["parents"]]
    with pytest.raises(NotFoundError):
        _run("show", "999", *config)
    with pytest.raises(InvalidError):
        _run("show", "x", *config)


def test_an_overwritten_rule_shows_both_texts(content: Path, config: list[str]) -> None:
    """What is in force is the later one."""
    (content / "rules" / "later.xml").write_text(
        '<group name="x,"><rule id="101" level="12" overwrite="yes"><match>admin</match>'
        "<description>As admin.</description></rule></group>"
    )
    detail = _json("show", "101", *config)
    assert (2, 12, "admin") == (
        len(detail["source"]),
        detail["rule"]["level"],
        detail["conditions"][0]["text"],
    )


def test_tree_is_indented(config: list[str]) -> None:
    """Children stand below their parents; a depth cuts."""
    assert "100 (3) Login.\n  101 (9) As root.\n102 (3) Never.\n" == _run("tree", *config).output
    assert "100 (3) Login.  ...\n" == _run("tree", "100", *config, "--depth", "0").output


def test_explain_reads_arguments_and_stdin(config: list[str]) -> None:
    """The verdict, and the clause each candidate failed on; status 1 when no rule holds."""
    shown = _run("explain", "login of root", *config)
    assert (0, True) == (shown.exit_code, "verdict  rule 101, level 9: As root." in shown.output)
    lines = _run("explain", *config, stdin="login\nnothing\n")
    assert 1 == lines.exit_code
    assert (
        "101 (9) fails on <match>root</match>: 'login'" in _run("explain", "login", "--all", *config).output
    )
    assert _json("explain", "login", *config)["agrees"]
    with pytest.raises(InvalidError):
        _run("explain", "x", "--kind", "nonsense", *config)


def test_dead_names_the_reason(config: list[str]) -> None:
    """Status 1 when there are any; rules without a hit on demand."""
    shown = _run("dead", *config, "--unseen-days", "3")
    assert 1 == shown.exit_code
    assert "102  shadowed: rule 100 before it holds whenever this one would  [demo.xml:4]" in shown.output
    assert "3 were none for 3 days" in shown.output
    report = _json("dead", *config)
    assert (["102"], []) == ([rule["id"] for rule in report["dead"]], report["unseen"])


def test_disable_and_enable_are_kept(config: list[str]) -> None:
    """Of rules, files and groups; a malformed id is refused."""
    assert "rule 101: off\n" == _run("disable", "101", *config).output
    assert ["101"] == [rule["id"] for rule in _json("list", "--disabled", *config)]
    assert "verdict  rule 100" in _run("explain", "login of root", *config).output
    _run("enable", "101", *config)
    assert [{"kind": "file", "subject": "demo.xml", "enabled": False}] == _json(
        "disable", "--kind", "file", "demo.xml", *config
    )
    assert ["101"] == [rule["id"] for rule in _json("list", "--enabled", *config)]
    with pytest.raises(InvalidError):
        _run("disable", "abc", *config)
    with pytest.raises(InvalidError):
        _run("disable", "x", "--kind", "folder", *config)


def test_stats_are_those_the_platform_kept(config: list[str], tmp_path: Path) -> None:
    """Sorted as wanted."""
    figures = {100: RuleFigures(5, 0, 1, 2, 10_000), 101: RuleFigures(1, 1, 2, 2, 90_000)}
    document = {
        str(number): {"hits": f.hits, "tries": f.tries, "cost_ns": f.cost_ns} for number, f in figures.items()
    }
    write_whole(tmp_path / "data" / "content" / FIGURES_FILE, json.dumps(document).encode())
    assert ["100", "101"] == [rule["id"] for rule in _json("stats", *config)]
    assert ["101"] == [rule["id"] for rule in _json("stats", "--sort", "cost", "--top", "1", *config)]
    assert "45.0 us" in _run("stats", *config).output


def test_import_brings_a_set_in(config: list[str], tmp_path: Path) -> None:
    """First dry, then for good; a second time nothing changes, and a rule that is off stays off."""
    origin = tmp_path / "wazuh" / "rules"
    origin.mkdir(parents=True)
    (origin / "own.xml").write_text(
        '<group name="i,"><rule id="500" level="4"><match>imp</match><description>I.</description></rule>'
        "</group>"
    )
    source = str(origin.parent)
    assert "nothing was changed (dry run)" in _run("import", "wazuh", source, "--dry-run", *config).output
    assert 1 == _run("list", "--file", "own.xml", *config).exit_code
    assert ["content/rules/own.xml"] == _json("import", "wazuh", source, *config)["added"]
    _run("disable", "500", *config)
    assert "unchanged: 1" in _run("import", "wazuh", source, *config).output
    assert ["500"] == [rule["id"] for rule in _json("list", "--disabled", *config)]
    assert "imported: wazuh from" in _run("show", "500", *config).output
    with pytest.raises(InvalidError):
        _run("import", "sigma", source, *config)


def test_reload_needs_a_platform(config: list[str]) -> None:
    """Without one that runs on the folder, the command says so."""
    with pytest.raises(NotFoundError, match="no platform runs"):
        _run("reload", *config)


def test_check_of_the_settings_content(content: Path, config: list[str]) -> None:
    """Without a path it is the platform's own content that is checked."""
    assert (0, "3 rules in force, 0 problems\n") == (
        (result := _run("check", *config)).exit_code,
        result.output,
    )
    (content / "rules" / "bad.xml").write_text("<group>")
    assert 1 == _run("check", *config).exit_code
