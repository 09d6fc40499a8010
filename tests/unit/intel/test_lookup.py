"""What is known of one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError

if TYPE_CHECKING:
    from conftest import Intel
    from tocsin.intel.lookup import LookupResult


def look(intel: Intel, value: str) -> LookupResult:
    with intel.db.read() as tx:
        return intel.lookup.lookup(tx, value)


@pytest.mark.parametrize(
    ("indicator", "asked"),
    [
        ("8.8.1.1", "8.8.1[.]1"),
        ("8.8.0.0/16", "8.8.1.1"),
        ("8.8.0.0/16", "8.8.4.0/24"),
        ("2001:4860::/32", "2001:4860::1"),
        ("evil.com", "EVIL.com."),
        ("evil.com", "a.b.evil.com"),
        ("evil.com", "https://x.evil.com/y"),
        ("evil.com", "bob@evil.com"),
        ("http://evil.com/x", "https://evil.com/x"),
        ("http://evil.com/x", "evil.com/x?y=z"),
        ("8.8.1.1", "http://8.8.1.1:8080/x"),
        ("8.8.0.0/16", "http://8.8.1.1:8080/x"),
        ("D41D8CD98F00B204E9800998ECF8427F", "d41d8cd98f00b204e9800998ecf8427f"),
        ("bob@evil.com", "BOB@EVIL.COM"),
    ],
)
def test_indicator_is_found(intel: Intel, indicator: str, asked: str) -> None:
    """An indicator is found by its value in any spelling, and by what it covers."""
    intel.load(indicator, confidence=80)
    result = look(intel, asked)
    assert len(result.indicators) == 1
    assert result.verdict == "malicious"


@pytest.mark.parametrize(
    ("indicator", "asked"),
    [
        ("evil.com", "notevil.com"),
        ("a.evil.com", "evil.com"),
        ("8.8.1.1", "8.8.1.2"),
        ("evil.com/x", "evil.com"),
    ],
)
def test_neighbour_is_not_found(intel: Intel, indicator: str, asked: str) -> None:
    """What an indicator does not cover is not found, and nothing known is no verdict."""
    intel.load(indicator)
    result = look(intel, asked)
    assert (result.indicators, result.verdict) == ((), None)


def test_verdict_follows_confidence_expiry_and_warninglists(intel: Intel) -> None:
    """Weak claims are suspicious, expired ones say nothing, contradicted ones are information."""
    intel.load("weak.com\n", feed="weak", confidence=40)
    intel.load("old.com\n", feed="old", confidence=90, valid_until_at=intel.clock.now() + DAY)
    intel.load("10.1.1.1\n", feed="wrong", confidence=90)
    assert look(intel, "weak.com").verdict == "suspicious"
    assert look(intel, "old.com").verdict == "malicious"
    intel.clock.advance(2 * DAY)
    expired = look(intel, "old.com")
    assert (expired.verdict, len(expired.indicators)) == (None, 1)
    assert look(intel, "10.1.1.1").verdict == "info"
    assert look(intel, "10.1.1.2").verdict == "safe"
    assert look(intel, "8.8.8.8").verdict == "info"


def test_every_feed_is_heard(intel: Intel) -> None:
    """One value of two feeds gives both claims."""
    intel.load("evil.com", feed="one")
    intel.load("evil.com", feed="two")
    assert {"one", "two"} == {each.feed for each in look(intel, "evil.com").indicators}


@pytest.mark.parametrize("junk", ["", "word", "x" * 10_000, "\x00"])
def test_junk_is_refused(intel: Intel, junk: str) -> None:
    """A value of no kind we know raises."""
    with pytest.raises(InvalidError):
        look(intel, junk)
