"""`tocsin detections` and what of it stands under `tocsin rules`, on a folder without a running platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.detections import app
from tocsin.cli.rules import app as rules_app
from tocsin.core.clock import SECOND, SystemClock
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.migrations import upgrade
from tocsin.settings import Settings
from tocsin.store.base import Batch
from tocsin.stores import open_store

EVE = (
    "name: Eve\ntype: any\nis_enabled: false\nquery_key: host.name\nfilter:\n- term: {user.name: eve}\n"
    "tocsin: {severity: high, techniques: [T1110.001]}\n"
)
RUNNER = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Settings of a platform that was started once, with one rule and two events."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "eve.yml").write_text(EVE)
    data = tmp_path / "data"
    (data / "events").mkdir(parents=True)
    database = Database(f"sqlite:///{data}/tocsin.db")
    upgrade(database)
    database.close()
    settings = Settings(data=data)
    clock = SystemClock()
    store = open_store(settings.store, data / "events", clock)
    now = clock.now() - 60 * SECOND
    events = [
        Event("t", seq, now, now, "", {"user.name": user, "host.name": "web1"})
        for seq, user in ((1, "eve"), (2, "bob"))
    ]
    store.commit(Batch("t", events, 2))
    store.close()
    file = tmp_path / "tocsin.toml"
    file.write_text(f'data = "{data}"\n[content]\nown = false\ndetections = ["{rules}"]\n')
    return str(file)


def ask(tool, *arguments):
    answer = RUNNER.invoke(tool, list(arguments))
    return answer.exit_code, answer.stdout


def test_detections_are_switched_and_switched_back(config):
    """A dry run changes nothing; what was switched is printed with the way back."""
    chosen = ("--config", config, "--tag", "t1110", "--json")
    code, text = ask(app, "enable", *chosen, "--dry-run")
    assert (0, ["Eve"], None) == (code, json.loads(text)["rules"], json.loads(text)["change"])
    change = json.loads(ask(app, "enable", *chosen)[1])["change"]
    assert 0 == ask(app, "list", "--config", config, "--level", "high", "--enabled")[0]
    assert "as they were" in ask(app, "undo", change, "--config", config)[1]
    assert 1 == ask(app, "list", "--config", config, "--level", "high", "--enabled")[0]


def test_who_chooses_nothing_is_asked_to(config):
    """Every rule at once is nobody's intention."""
    assert 2 == ask(app, "disable", "--config", config)[0]


def test_versions_are_listed_and_compared(config, tmp_path):
    """A file's change is one."""
    ask(app, "list", "--config", config)
    (tmp_path / "rules/eve.yml").write_text(EVE + "description: changed\n")
    code, text = ask(app, "versions", "Eve", "--config", config, "--json")
    assert (0, [2, 1]) == (code, [row["number"] for row in json.loads(text)])
    assert "+description: changed" in ask(app, "versions", "Eve", "--config", config, "--diff", "1", "2")[1]
    assert "description: changed" not in ask(app, "versions", "Eve", "--config", config, "--show", "1")[1]


def test_an_edit_is_compared_over_the_log(config, tmp_path):
    """Status 1 when it changes anything, as diff does."""
    (tmp_path / "edit.yml").write_text(EVE.replace("user.name: eve", "user.name: bob"))
    code, text = ask(rules_app, "diff", "Eve", str(tmp_path / "edit.yml"), "--config", config, "--json")
    found = json.loads(text)
    assert (1, 1, 1, 0) == (code, found["new_events"], found["gone_events"], found["new_alerts"])
    (tmp_path / "edit.yml").write_text(EVE)
    assert 0 == ask(rules_app, "diff", "Eve", str(tmp_path / "edit.yml"), "--config", config)[0]


def test_coverage_is_shown_and_written_as_a_layer(config, tmp_path):
    """A rule that is off covers nothing, and stands in the layer without a score."""
    code, text = ask(rules_app, "coverage", "--config", config)
    assert (0, True) == (code, text.startswith("0 of "))
    layer = tmp_path / "layer.json"
    assert 0 == ask(rules_app, "coverage", "--config", config, "--navigator", str(layer))[0]
    (entry,) = json.loads(layer.read_text())["techniques"]
    assert ("T1110.001", False) == (entry["techniqueID"], "score" in entry)
