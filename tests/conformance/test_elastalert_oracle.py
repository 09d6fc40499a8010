"""The same answers as the real ElastAlert gave where they are at hand: runs, alerts, words, silences."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def tool() -> ModuleType:
    """Load the replay tool that stands beside this file."""
    spec = importlib.util.spec_from_file_location(
        "elastalert_replay", Path(__file__).parent / "elastalert.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_recorded_scenario_is_answered_alike(real_data):
    """All rule types, alone and with the whole runner: restarts, failing alerters, silences, late events."""
    path = real_data / "elastalert" / "scenarios.jsonl"
    if not path.exists():
        pytest.skip(f"no recordings at {path}")
    outcome = tool().replay(path)
    assert outcome.scenarios >= 600
    assert outcome.differences == []
    assert outcome.crashed < outcome.scenarios // 20
