"""The scenario's lines carry today's times, in order, the same story every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.clock import from_iso
from tocsin.demo.scenario import ScenarioError, load_scenario

NOW = from_iso("2026-11-24T12:00:00Z")
PATH = Path(__file__).resolve().parents[3] / "content" / "demo" / "scenario.yml"


def test_lines_are_in_order_and_end_before_now() -> None:
    """Nothing of the story lies in the future."""
    times = [at for at, _, _ in load_scenario(PATH).lines(NOW)]

    assert sorted(times) == times
    assert max(times) <= NOW


def test_the_story_is_the_same_every_time() -> None:
    """Chance is seeded: two tellings agree to the letter."""
    scenario = load_scenario(PATH)

    assert scenario.lines(NOW) == scenario.lines(NOW)


def test_every_scene_writes_all_its_lines() -> None:
    """As many lines as the scenes say, none with a placeholder left."""
    scenario = load_scenario(PATH)
    lines = scenario.lines(NOW)

    assert sum(scene.repeat * len(scene.lines) for scene in scenario.scenes) == len(lines)
    assert not [text for _, _, text in lines if "{" in text]


def test_times_are_written_as_each_log_does() -> None:
    """Syslog pads the day with a space; the web server writes day, month and year."""
    scenario = load_scenario(PATH)
    lines = scenario.lines(from_iso("2026-12-05T12:00:00Z"))

    assert any(text.startswith("Dec  5 ") for _, file, text in lines if file.endswith("auth.log"))
    assert any("[05/Dec/2026:" in text for _, file, text in lines if file.endswith("access.log"))


def test_what_is_no_scenario_is_refused(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "scenario.yml"
    path.write_text("name: x\n")

    with pytest.raises(ScenarioError, match=r"scenario\.yml"):
        load_scenario(path)
