"""Cells stay text in a spreadsheet."""

import pytest

from tocsin.core.spreadsheet import harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_formula_becomes_text(text: str) -> None:
    """By the sign spreadsheets take for text."""
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=1", "10.0.0.1", " =1"])
def test_other_text_stays(text: str) -> None:
    """As it was."""
    assert harmless(text) == text
