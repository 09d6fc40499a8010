"""ElastAlert 2 from PyPI, unmodified, in a virtual environment of its own: its rules fire on our events.

`TOCSIN_ELASTALERT` names that environment; `.ci/run` makes one.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from tests.conftest import ROOT
from tests.contract.elastic.conftest import Served

from harness.waiting import PROCESS_S, until
from tocsin.core.clock import from_iso

RULES: dict[str, dict[str, Any]] = {
    "brute": {
        "type": "frequency",
        "index": "tocsin-*",
        "num_events": 5,
        "timeframe": {"minutes": 10},
        "query_key": "source.ip",
        "filter": [{"query_string": {"query": 'message:"failed password" AND NOT user.name:anna'}}],
    },
    "alerts": {
        "type": "any",
        "index": "wazuh-alerts-*",
        "filter": [
            {"range": {"rule.level": {"gte": 5}}},
            {"query_string": {"query": "data.srcip:192.0.2.9"}},
        ],
    },
    "new": {
        "type": "new_term",
        "index": "logs-elastalert",
        "fields": ["tool"],
        "terms_window_size": {"days": 2},
        "filter": [{"exists": {"field": "tool"}}],
    },
    "many": {
        "type": "cardinality",
        "index": "logs-elastalert",
        "cardinality_field": "port",
        "max_cardinality": 3,
        "timeframe": {"hours": 1},
        "filter": [{"exists": {"field": "port"}}],
    },
    "average": {
        "type": "metric_aggregation",
        "index": "logs-elastalert",
        "metric_agg_key": "port",
        "metric_agg_type": "max",
        "max_threshold": 22,
        "buffer_time": {"hours": 1},
        "filter": [{"exists": {"field": "port"}}],
    },
}
START, END = "2026-11-10T09:00:00", "2026-11-10T11:00:00"


@pytest.fixture(scope="module")
def program() -> Path:
    folder = Path(os.environ.get("TOCSIN_ELASTALERT", ROOT / ".venv-elastalert"))
    if not (folder / "bin" / "elastalert").exists():
        pytest.skip(f"ElastAlert is not installed in {folder}")
    return folder / "bin"


@pytest.fixture(scope="module")
def folder(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and the rules, and events in the log."""
    folder = tmp_path_factory.mktemp("elastalert")
    at = urlsplit(served.url)
    config = {
        "es_host": at.hostname, "es_port": at.port, "es_url_prefix": at.path.strip("/"), "use_ssl": False,
        "es_api_key": served.keys["analyst"], "writeback_index": "elastalert_status", "rules_folder": "rules",
        "run_every": {"minutes": 5}, "buffer_time": {"minutes": 15}, "alert_time_limit": {"days": 2},
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "rules").mkdir()
    for name, rule in RULES.items():
        text = yaml.safe_dump({"name": name, "alert": ["debug"], "realert": {"minutes": 0}, **rule})
        (folder / "rules" / f"{name}.yaml").write_text(text)
    said = "web sshd[7]: Failed password for invalid user oracle from 192.0.2.9 port 4022 ssh2"
    lines = [f"Nov 10 10:00:{n:02} {said}" for n in range(6)]
    served.lines("file:elastalert", *lines, at=from_iso("2026-11-10T10:00:00Z"))
    tools = [{"@timestamp": f"2026-11-10T10:0{n}:00Z", "tool": "nc", "port": 20 + n} for n in range(5)]
    served.log("logs-elastalert", *tools)
    return folder


def make_indices(program: Path, folder: Path) -> str:
    command = [program / "elastalert-create-index", "--config", "config.yaml", "--index", "elastalert_status"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PROCESS_S, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def running(program: Path, folder: Path) -> Iterator[Path]:
    """ElastAlert at work over a range of time; yields the file of what it says. It does not end by itself."""
    said = folder / "said.txt"
    command = [program / "elastalert", "--config", "config.yaml", "--verbose", "--start", START, "--end", END]
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PROCESS_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def fired(served: Served) -> dict[str, dict[str, Any]]:
    """What ElastAlert wrote of its alerts, by rule."""
    answer = served.ask("POST", "/elastalert_status/_search", {"size": 100}, role="read-only").json()
    return {hit["_source"]["rule_name"]: hit["_source"] for hit in answer["hits"]["hits"]}


def runs_of(served: Served) -> int:
    """Return how many runs it wrote down, each after its alerts."""
    answer = served.ask("POST", "/elastalert_status_status/_count", {}).json()
    return int(answer.get("count", 0))


def test_rules_fire(served: Served, program: Path, folder: Path) -> None:
    """Its indices are made, rules of five kinds fire on our events, and what it wrote can be searched."""
    assert "Done!" in make_indices(program, folder)
    assert "already exists" in make_indices(program, folder)
    with running(program, folder) as said:
        until(lambda: set(RULES) <= set(fired(served)) or "Traceback" in said.read_text(), pause_s=0.2)
        until(lambda: runs_of(served) >= len(RULES) or "Traceback" in said.read_text(), pause_s=0.2)
    alerts = fired(served)
    assert "Traceback" not in said.read_text(), said.read_text()
    assert all(alert["alert_sent"] for alert in alerts.values())
    assert "192.0.2.9" == alerts["brute"]["match_body"]["source"]["ip"]
    assert 5 <= alerts["alerts"]["match_body"]["rule"]["level"]
    assert "nc" == alerts["new"]["match_body"]["tool"]
    assert runs_of(served) >= len(RULES)
