"""From many reports to one verdict."""

from __future__ import annotations

import pytest

from tocsin.enrich.verdict import combined, read_verdict, worst


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], None),
        (["info"], "info"),
        (["info", "safe"], "safe"),
        (["info", "suspicious"], "suspicious"),
        (["suspicious", "safe"], "info"),
        (["malicious", "suspicious", "info"], "malicious"),
        (["malicious", "safe", "info"], "suspicious"),
        (["malicious", "safe", "suspicious"], "suspicious"),
    ],
)
def test_combined_follows_its_formula(said: list[str], expected: str | None) -> None:
    """Every combination of levels gives what the module's text says, in any order."""
    assert combined(said) == expected  # type: ignore[arg-type]
    assert combined(reversed(said)) == expected  # type: ignore[arg-type]


def test_unknown_level_is_information() -> None:
    """Levels of other systems are read; one nobody knows is info."""
    assert [read_verdict(text) for text in ("Malicious", "clean", "purple", None, 7)] == [
        "malicious",
        "safe",
        "info",
        "info",
        "info",
    ]


def test_worst_of_nothing_is_information() -> None:
    """Facts without a level, and no facts, are info."""
    assert worst([]) == "info"
    assert worst(["info", "safe", "suspicious"]) == "suspicious"
