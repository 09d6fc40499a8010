"""Grok reads what its users write for Logstash, in linear time."""

import time

import pytest

from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Unable
from tocsin.ingest.processors.grok import Grok, GrokError, grok, known_patterns

LINE = (
    '198.51.100.7 - frank [10/Oct/2030:13:55:36 -0700] "GET /report?id=1 HTTP/1.1" 200 2326 '
    '"https://example.org/start" "Mozilla/5.0 (X11; Linux x86_64)"'
)


def event(message: str, **fields: object) -> Event:
    return Event("s", 1, 0, 0, message, dict(fields))


@pytest.mark.parametrize("name", sorted(known_patterns()))
def test_every_pattern_that_comes_along_compiles(name: str) -> None:
    """Each named pattern is within what the engine can run."""
    Grok([f"%{{{name}}}"])


def test_a_combined_log_line_becomes_typed_fields() -> None:
    """The well-known composite pattern gives ECS fields, numbers as numbers."""
    found = Grok(["%{COMBINEDAPACHELOG}"]).match(LINE)
    assert found is not None
    assert found["http.response.status_code"] == 200
    assert found["user.name"] == "frank"
    assert found["url.original"] == "/report?id=1"
    assert "apache.access.identity" not in found


@pytest.mark.parametrize(
    "address",
    ["192.0.2.1", "::1", "fe80::1", "2001:db8::1:2", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "2001:db8::"],
)
def test_addresses_of_both_kinds_match_whole(address: str) -> None:
    """`IP` takes all of an address, not a part of it."""
    assert Grok(["^%{IP:source.ip}$"]).match(address) == {"source.ip": address}


def test_the_first_pattern_that_matches_counts_and_groups_may_be_named_in_place() -> None:
    """Patterns are tried in order; brackets and inline names lead to the same field names."""
    engine = Grok(["^a=%{INT:[app][number]:int}", r"^b=(?<word>\w+)", "%{GREEDYDATA:rest}"])
    assert engine.match("a=7") == {"app.number": 7}
    assert engine.match("b=x") == {"word": "x"}
    assert engine.match("c") == {"rest": "c"}


def test_all_patterns_that_match_give_fields_when_asked() -> None:
    """With `break_on_match` off, as in Logstash."""
    engine = Grok(
        ["user=%{WORD:user.name}", "port=%{INT:port:int}", "pid=%{INT:pid:int}"], break_on_match=False
    )
    assert engine.match("port=22 user=eve") == {"user.name": "eve", "port": 22}
    assert engine.match("nothing") is None


def test_a_field_named_twice_keeps_both_values() -> None:
    """Two parts with one name give a list in order."""
    assert Grok(["%{WORD:w} %{WORD:w}"]).match("one two") == {"w": ["one", "two"]}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("%{NOSUCH:x}", "no pattern is named NOSUCH"),
        ("(", "not valid"),
        ("(kept) %{WORD:w}", "write groups that keep nothing as"),
        ("%{WORD:w:date}", "a type is one of"),
        ("%{WORD:message}", "message cannot be written"),
        (r"(?<a>x)(?=y)", "not valid"),
    ],
)
def test_a_bad_pattern_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    """The error says which part of the pattern cannot be used."""
    with pytest.raises(GrokError, match=reason):
        Grok([pattern])


def test_a_pattern_that_contains_itself_is_refused() -> None:
    """A loop of definitions is named."""
    with pytest.raises(GrokError, match="contains itself"):
        Grok(["%{A}"], {"A": "x%{B}", "B": "%{A}"})


def test_a_pattern_that_grows_without_end_is_refused() -> None:
    """Definitions that double at each level stay bounded."""
    growing = {"P0": "x" * 100} | {f"P{n}": f"%{{P{n - 1}}}%{{P{n - 1}}}" for n in range(1, 20)}
    with pytest.raises(GrokError, match="grows beyond"):
        Grok(["%{P19}"], growing)


def test_text_made_to_blow_up_is_matched_in_linear_time() -> None:
    """Nested quantifiers cost no more than a pass."""
    before = time.thread_time()
    assert Grok(["^(?:a+)+$"]).match("a" * 50_000 + "!") is None
    assert time.thread_time() - before < 2


def test_what_does_not_match_is_said_and_changes_nothing() -> None:
    """The event keeps its fields."""
    one = event("nothing here", kept=1)
    with pytest.raises(Unable, match="no pattern matches message"):
        grok("message", Grok(["^%{IP:source.ip}$"]))(one)
    assert one.fields == {"kept": 1}
