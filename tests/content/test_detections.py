"""Our own detections load without a remark and do what the cases beside them say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.detect.cases import run_cases
from tocsin.detect.loader import load_folders

FOLDER = Path(__file__).resolve().parents[2] / "content" / "detections"
RULES = sorted(path for path in FOLDER.rglob("*.yml") if not path.name.endswith(".cases.yml"))


def test_every_rule_loads():
    """No problem, no remark."""
    loaded = load_folders([FOLDER])
    assert loaded.problems == ()
    assert len(loaded.rules) == len(RULES)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_cases_beside_a_rule_pass(path):
    """Each rule has cases, one of them where it must stay silent."""
    results = run_cases(path)
    assert any(result.expected for result in results)
    assert any(not result.expected for result in results)
    for result in results:
        assert result.expected == result.found, result.name
