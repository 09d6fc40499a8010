"""Rules and files small enough to see through."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.hunting import PROCESS_RULE
from tocsin.detect.loader import load_folders
from tocsin.hunt import Hunt, HuntOptions, find_inputs


@pytest.fixture
def rules(tmp_path):
    """Return a folder of rules: one of processes, and one that counts its matches."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "encoded.yml").write_text(PROCESS_RULE, encoding="utf-8")
    return folder


@pytest.fixture
def hunted(rules):
    """Run the rules over paths; return the hunt, the files and everything it said."""

    def run(*paths: Path, **options: object):
        loaded = load_folders([rules])
        assert () == loaded.problems
        hunt = Hunt(loaded.rules, loaded.correlations, HuntOptions(**options))
        inputs, problems = find_inputs(paths)
        return hunt, inputs, [*problems, *hunt.run(inputs)]

    return run
