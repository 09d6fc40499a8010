"""`tocsin logtest` for programs and for people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import PATIENCE_S, PROCESS_S

DECODERS = '<decoder name="app"><program_name>^app$</program_name></decoder>'
RULES = """<group name="g,">
<rule id="10" level="3"><decoded_as>app</decoded_as><description>a</description></rule>
<rule id="20" level="9" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>
  <description>two</description></rule>
<rule id="30" level="3"><nope/><description>bad</description></rule></group>"""
LINE = "Nov 24 10:00:00 h app: x"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A folder of content with one bad rule."""
    for folder, text in (("decoders", DECODERS), ("rules", RULES)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.xml").write_text(text)
    (tmp_path / "rules" / "0215-policy_rules.xml").write_text('<group name="p,"></group>')
    return tmp_path


def _run(text: str, *options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin", "logtest", *map(str, options)]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=PROCESS_S, check=False)


def test_each_line_has_its_answer(content: Path) -> None:
    """Bad lines are answered with an error that names them; the rest goes on."""
    lines = [
        json.dumps({"log": LINE, "session": "s"}),
        "junk",
        "",
        json.dumps({"log": LINE, "session": "s"}),
        json.dumps({"location": "x"}),
        json.dumps({"log": LINE, "queue": "?"}),
        "[" * 100_000,
    ]
    done = _run("\n".join(lines), "--jsonl", "--ruleset", content)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (0, len(lines)) == (done.returncode, len(answers))
    assert {
        "decoder": {"name": "app", "parent": None},
        "rule": {
            "id": "10",
            "level": 3,
            "description": "a",
            "groups": ["g"],
            "mitre": answers[0]["rule"]["mitre"],
        },
        "predecoder": {"program_name": "app", "timestamp": "Nov 24 10:00:00", "hostname": "h"},
        "data": {},
        "session": "s",
    } == answers[0]
    assert "20" == answers[3]["rule"]["id"]
    errors = [answer for answer in answers if "error" in answer]
    assert [2, 3, 5, 6, 7] == [answer["line"] for answer in errors]
    assert all(answer["error"].startswith(f"line {answer['line']}: ") for answer in errors)
    assert "a.xml:5" in done.stderr
    assert "unknown tag <nope>" in done.stderr
    assert "0215-policy_rules.xml is left out" in done.stderr


def test_a_program_can_talk_to_it(content: Path) -> None:
    """Every answer comes before the next question."""
    command = [sys.executable, "-m", "tocsin", "logtest", "--jsonl", "--quiet", "--ruleset", str(content)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        found = []
        for _ in range(2):
            process.stdin.write(json.dumps({"log": LINE}) + "\n")
            process.stdin.flush()
            found.append(json.loads(process.stdout.readline())["rule"]["id"])
        process.stdin.close()
        assert 0 == process.wait(PATIENCE_S)
    assert ["10", "20"] == found


def test_people_see_three_phases(content: Path) -> None:
    """Each line shows header, fields and verdict; a command forgets what was counted."""
    done = _run(f"{LINE}\n:reset\n{LINE}\n{LINE}\n:quit\nnever\n", "--ruleset", content, "--quiet")
    assert ("", 0) == (done.stderr, done.returncode)
    out = done.stdout
    assert ["1. Pre-decoding", "2. Decoding", "3. Filtering"] == [
        x for x in out.splitlines() if x[1:2] == "."
    ][:3]
    rules = [line.split()[1] for line in out.splitlines() if line.split()[0] == "rule"]
    assert ["10", "10", "20"] == rules
    assert 3 == out.count("an alert would be generated")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """One line on stderr and status 2."""
    done = _run("", "--jsonl", "--ruleset", tmp_path / "none")
    assert 2 == done.returncode
    assert "none is no folder" in done.stderr
