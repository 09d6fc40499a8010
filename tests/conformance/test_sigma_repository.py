"""SigmaHQ's rules for Linux and web servers load, or say why not, where they are at hand."""

from __future__ import annotations

from collections import Counter

import pytest

from tocsin.detect.loader import load_folders


@pytest.mark.parametrize(("folder", "share"), [("linux", 0.9), ("web", 0.9)])
def test_rules_load_or_say_why(real_data, folder, share):
    """Nothing crashes; what is refused names its file and its reason."""
    path = real_data / "sigma" / "rules" / folder
    if not path.is_dir():
        pytest.skip(f"no rules at {path}")
    loaded = load_folders([path])
    total = len(loaded.rules) + len(loaded.problems)
    assert all(problem.location.line and problem.reason for problem in loaded.problems)
    assert len(loaded.rules) >= share * total, Counter(problem.reason for problem in loaded.problems)
