"""Slips are pointed at."""

from tocsin.core.suggestion import did_you_mean


def test_the_nearest_word_is_named_or_none() -> None:
    """So that an error says what to write instead."""
    assert did_you_mean("disect", ["grok", "dissect"]) == "; did you mean 'dissect'?"
    assert did_you_mean("xyz", ["grok", "dissect"]) == ""
