"""Rules change under a running platform: nothing is lost, nothing counted anew, nothing taken down."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.processes import Server
from harness.sending import Sender
from harness.waiting import PROCESS_S, until

RELOADS = 5
BATCH = 600
FAST = 10 * BATCH
"""Lines as fast as they are taken; then one by one: rules remember the last 8,192 events that matched any."""
_RULES = r"""<group name="reload,">
<rule id="199001" level="3"><program_name>^counter$</program_name>
  <description>Edition {0}.</description></rule>
<rule id="199002" level="5"><program_name>^door$</program_name><match>knock</match>
  <description>A knock.</description></rule>
<rule id="199003" level="10" frequency="4" timeframe="3600"><if_matched_sid>199002</if_matched_sid>
  <description>Knocking again and again.</description></rule>
<rule id="1990{1:02}" level="3"><program_name>^edition{1}$</program_name>
  <description>New.</description></rule>
</group>"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The operator's rule file."""
    file = tmp_path / "mine" / "rules" / "mine.xml"
    file.parent.mkdir(parents=True)
    file.write_text(_RULES.format(0, 10))
    return file


@pytest.fixture
def running(tmp_path: Path, rules: Path) -> Iterator[Server]:
    """A server with the operator's rules, two workers, and a look at the files every half second."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "tocsin.toml").write_text(
        f'[content]\nrules = ["{rules.parent.parent}"]\nwatch_s = 0.5\n[ingest]\nworkers = 2\n'
    )
    server = Server(folder)
    server.start()
    yield server
    server.close()


def _accepted(sender: Sender, lines: list[bytes], first: int) -> bool:
    return sender.batch(lines, first).is_success


def _events(server: Server, query: str) -> list[dict[str, Any]]:
    text = server.client().get("/events/export", params={"q": query, "format": "jsonl"}).text
    return [json.loads(line) for line in text.splitlines()]


def _verdicts(server: Server, query: str) -> Counter[str]:
    return Counter(str(event["fields"].get("rule.id")) for event in _events(server, query))


def _in_force(server: Server, rule_id: str) -> bool:
    return server.client().get(f"/analysis/rules/{rule_id}").is_success


@pytest.mark.slow
def test_five_reloads_under_load_lose_nothing_and_keep_memory(running: Server, rules: Path) -> None:
    """Each line is stored once with a verdict; a frequency rule that straddles the reloads fires in time."""
    sender, doors = Sender(running, "busy"), Sender(running, "door")
    enough = threading.Event()
    sent: list[int] = []

    def flow() -> None:
        while not enough.is_set():
            first = len(sent) + 1
            numbers = range(first, first + (BATCH if first < FAST else 1))
            lines = [b"Nov 24 10:00:00 web counter[7]: number %d" % n for n in numbers]
            until(partial(_accepted, sender, lines, first))
            sent.extend(numbers)
            enough.wait(0.02 if first > FAST else 0)

    thread = threading.Thread(target=flow)
    thread.start()
    try:
        for number in range(1, RELOADS + 1):
            if number < 4:
                assert doors.batch([b"Nov 24 10:00:00 web door: knock"], number).is_success
            rules.write_text(_RULES.format(number, 10 + number))
            report = running.client().post("/analysis/reload", timeout=PROCESS_S).json()
            assert report["problems"] == report["problems_before"]
            # The watch may have been faster: either way the new edition is in force now.
            assert _in_force(running, f"1990{10 + number}")
        assert doors.batch([b"Nov 24 10:00:00 web door: knock"], 4).is_success
        assert thread.is_alive()
    finally:
        enough.set()
        thread.join()
    total = len(sent)
    assert total > RELOADS * BATCH
    until(lambda: running.client().get("/events/count", params={"q": "counter"}).json()["count"] >= total)
    stored = _events(running, "process.name:counter")
    numbers = Counter(re.search(r"number (\d+)", event["message"])[1] for event in stored)  # type: ignore[index]
    assert len(numbers) == total
    assert set(numbers.values()) == {1}
    assert {event["fields"].get("rule.id") for event in stored} == {"199001"}
    assert _verdicts(running, "process.name:door") == {"199002": 3, "199003": 1}
    top = {rule["id"]: rule["hits"] for rule in running.client().get("/analysis/stats").json()}
    assert top["199001"] == total
    assert "tocsin_rules_hits_total" in running.client().get(f"{running.url}/metrics").text


@pytest.mark.slow
def test_signal_watch_and_command_reload_and_bad_content_is_told(running: Server, rules: Path) -> None:
    """Content is taken up when it has come to rest, on SIGHUP, and by the command; bad rules stay out."""
    rules.write_text(_RULES.format(1, 11))
    until(lambda: _in_force(running, "199011"))
    os.kill(running.pid, signal.SIGHUP)
    until(lambda: "cause=signal" in running.output.read_text().replace("'", ""))

    (rules.parent / "bad.xml").write_text('<group name="g,">\n<rule id="199050" level="99"></rule></group>')
    (rules.parent / "worse.xml").write_text('<group name="g,"><rule id="199051"')
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "rules", "reload", "--json", "--data", "data"],
        cwd=running.folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=PROCESS_S,
    )
    problems = {p["path"].rpartition("/")[2]: p for p in running.client().get("/analysis/problems").json()}
    assert {"bad.xml", "worse.xml"} <= problems.keys()
    assert (problems["bad.xml"]["line"], problems["bad.xml"]["subject"]) == (2, "199050")
    assert _in_force(running, "199011")
    assert done.returncode in (0, 1), done.stderr  # 0 when the watch had taken it up before
    assert json.loads(done.stdout)["problems"][1] >= 2

    audit = running.client().get("/audit", params={"kind": "ruleset"})
    assert "reload" in audit.text


@pytest.mark.slow
def test_an_imported_ruleset_is_used_and_a_disabled_rule_stays_off(running: Server, tmp_path: Path) -> None:
    """Import, switch off, import again: the running platform follows each step."""
    origin = tmp_path / "wazuh" / "rules"
    origin.mkdir(parents=True)
    (origin / "own.xml").write_text(
        '<group name="imp,"><rule id="199100" level="6"><program_name>^imp$</program_name>'
        "<description>Imported.</description></rule></group>"
    )

    def tocsin(*arguments: str) -> None:
        command = [sys.executable, "-m", "tocsin", "rules", *arguments, "--data", "data"]
        done = subprocess.run(
            command, cwd=running.folder, check=False, capture_output=True, text=True, timeout=PROCESS_S
        )
        assert done.returncode == 0, done.stdout + done.stderr

    tocsin("import", "wazuh", str(origin.parent))
    until(lambda: _in_force(running, "199100"))
    tocsin("disable", "199100")
    until(lambda: not running.client().get("/analysis/rules/199100").json()["rule"]["enabled"])
    tocsin("import", "wazuh", str(origin.parent))
    detail = running.client().get("/analysis/rules/199100").json()
    assert not detail["rule"]["enabled"]
    assert detail["provenance"]["origin"] == str(origin / "own.xml")
