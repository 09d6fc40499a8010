"""Our own playbooks decide what the cases beside them say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.respond.actions import ACTIONS
from tocsin.respond.cases import run_cases

FOLDER = Path(__file__).resolve().parents[2] / "content" / "playbooks"
PLAYBOOKS = sorted(path for path in FOLDER.rglob("*.yml") if not path.name.endswith(".cases.yml"))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_cases_beside_a_playbook_pass(path):
    """Each closes something, escalates something and leaves something to an analyst."""
    results = run_cases(path, ACTIONS)
    assert {result.expected["outcome"] for result in results} == {"close", "escalate", "none"}
    for result in results:
        assert result.expected == result.found, result.name
