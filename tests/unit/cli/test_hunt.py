"""`tocsin hunt` as its user sees it."""

from __future__ import annotations

import csv
import io
import json
import os

import orjson
import pytest
from typer.testing import CliRunner

from harness.hunting import PROCESS_RULE, json_lines, process
from tocsin.cli.main import app
from tocsin.core.errors import TocsinError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yml").write_text(PROCESS_RULE, encoding="utf-8")
    (tmp_path / "rules/bad.yml").write_text("title: x\n", encoding="utf-8")
    json_lines(
        tmp_path / "logs.jsonl",
        process("2026-01-02T00:00:00Z", CommandLine="=cmd -enc \x1b[2J", Computer="later"),
        process("2026-01-01T00:00:00Z"),
        {"x": 1},
    )
    return tmp_path


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(folder, *arguments):
    return CliRunner().invoke(app, ["hunt", "-r", str(folder / "rules"), *map(str, arguments)])


def test_figures_are_printed(folder):
    """Rule, level, tactic, technique; a refused rule is named."""
    done = run(folder, folder / "logs.jsonl")
    assert 0 == done.exit_code, done.output
    for words in ("Encoded shell", "high 2 (1 rules)", "execution 2", "T1059.001 2", "2 matches of 1 rules"):
        assert words in done.stdout
    assert "bad.yml:1: neither" in done.stderr


def test_a_json_line_for_each_match(folder):
    """Nothing else on standard output."""
    done = run(folder, "--json", folder / "logs.jsonl")
    first, second = (orjson.loads(line) for line in done.stdout.splitlines())
    rule = {"id": "11111111-1111-4111-8111-111111111111", "title": "Encoded shell", "level": "high"}
    assert (rule, 1, 2) == (first["rule"], first["record"], second["record"])
    assert str(folder / "logs.jsonl") == first["file"]
    assert "2026-01-01T00:00:00.000000Z" == second["event"]["@timestamp"]
    assert {"rule", "file", "record", "event"} == set(first)


def test_json_tells_what_is_no_unicode(folder):
    """A file's name in another encoding, half a character and a number of many digits are evidence too."""
    path = folder / os.fsdecode(b"\xfflogs.json")
    event = orjson.dumps(process()).decode().replace("{", '{\n"half": "\\ud800", "many": 1' + "0" * 30 + ",")
    path.write_text(event)
    done = run(folder, "--json", path)
    [line] = done.stdout.splitlines()
    read = json.loads(line)
    assert (str(path), "\ud800", 10**30) == (read["file"], read["event"]["half"], read["event"]["many"])


def test_csv_holds_no_formula_and_steers_no_terminal(folder):
    """Whoever wrote the log does not reach the spreadsheet."""
    done = run(folder, "--csv", folder / "logs.jsonl")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert ["later", "ws1"] == [row["host"] for row in rows]
    assert "\x1b" not in done.stdout
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_timeline_is_in_order_of_time(folder):
    """The earlier event first, though it stands later in the file."""
    done = run(folder, "--timeline", folder / "logs.jsonl")
    assert ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"] == [
        line.split()[0] for line in done.stdout.splitlines()[:2]
    ]
    assert "\x1b[2J" not in done.stdout


def test_the_status_says_what_became_of_it(folder):
    """A file or a record that cannot be read is 1; with --fail a match is 3."""
    (folder / "torn.jsonl").write_text('{"x": 1}\n{"x":\n')
    assert 1 == run(folder, folder / "torn.jsonl").exit_code
    (folder / "broken.evtx").write_bytes(b"ElfFile\0")
    assert 1 == run(folder, folder / "logs.jsonl", folder / "broken.evtx").exit_code
    assert 3 == run(folder, "--fail", folder / "logs.jsonl").exit_code
    assert 0 == run(folder, "--fail", "--from", "2027-01-01", folder / "logs.jsonl").exit_code


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--level", "loud", "logs.jsonl"], "'loud' is no level"),
        (["--from", "soon", "logs.jsonl"], "--from 'soon' is no time"),
        (["nowhere"], "nothing to read"),
        (["--tag", "t9999", "logs.jsonl"], "no rule to hunt with"),
        (["--mapping", "rules/bad.yml", "logs.jsonl"], "the table has no 'title'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(folder, monkeypatch, arguments, reason):
    """Before anything is read."""
    monkeypatch.chdir(folder)
    done = run(folder, *arguments)
    assert isinstance(done.exception, TocsinError)
    assert reason in str(done.exception)


def test_rules_that_watch_over_time_are_named(folder):
    """They need the log: it is said where they can be tried."""
    rule = folder / "counts.yml"
    rule.write_text(
        "name: c\ntype: frequency\nnum_events: 2\ntimeframe: {hours: 1}\nfilter: []\nalert: debug\n"
    )
    done = CliRunner().invoke(app, ["hunt", "--rules", str(rule), str(folder / "logs.jsonl")])
    assert "1 rules watch the log over time (c); try them with tocsin backtest" in str(done.exception)


def test_rules_are_chosen_by_level_and_tag(folder):
    """`t1059` stands for its sub-techniques."""
    assert 2 == len(run(folder, "--json", "--tag", "t1059", folder / "logs.jsonl").stdout.splitlines())
    done = run(folder, "--level", "critical", folder / "logs.jsonl")
    assert "no rule to hunt with" in str(done.exception)


def test_a_mapping_names_fields_and_log_sources(folder):
    """What our table does not know, the operator's says."""
    (folder / "map.yml").write_text(
        "fields:\n  - logsource: {product: windows}\n    names: {CommandLine: [cmd]}\n"
        "  - logsource: {product: windows, category: process_creation}\n"
        "    names: {CommandLine: [cmd], Image: [exe]}\n"
        "logsources:\n  - logsource: {product: windows}\n    when: [{exists: kind}]\n"
        "  - logsource: {product: windows, category: process_creation}\n    when: [{kind: start}]\n",
        encoding="utf-8",
    )
    path = json_lines(folder / "o.jsonl", {"kind": "start", "exe": "c:\\powershell.exe", "cmd": "x -enc y"})
    done = run(folder, "--json", "--mapping", folder / "map.yml", path)
    assert 1 == len(done.stdout.splitlines()), done.output
