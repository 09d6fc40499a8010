"""No pattern and no line takes time without bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.record import Record
from tocsin.decode.patterns import compile_extractor, compile_pattern, lower
from tocsin.decode.predecode import predecode
from tocsin.decode.subject import MAX_ANALYSED_BYTES, Subject
from tocsin.decode.timestamps import Timestamps
from tocsin.rules import load

BOUND_S = 2.0
"""CPU time for one text; the patterns below would take hours or more."""
LONG = MAX_ANALYSED_BYTES
SLOW = [
    ("pcre2", r"(a+)+$", "a" * LONG + "b"),
    ("pcre2", r"(a|aa)+$", "a" * LONG + "b"),
    ("pcre2", r"^(a|a)*b", "a" * LONG),
    ("pcre2", r"(.*a){12}$", "a" * LONG + "b"),
    ("pcre2", r"(x+x+)+y", "x" * LONG),
    ("pcre2", r"(?=.*b)a+.*c", "a" * LONG),
    ("pcre2", r"\w+\s*\w+\s*\w+\s*\w+!", "a" * LONG),
    ("osregex", r"\.+a\.+a\.+a\.+a\.+b", "a" * LONG),
    ("osregex", r"\.*\.*\.*\.*\.*b$", "a" * LONG),
    ("osregex", r"(\S+)\S+(\S+) x", "a" * LONG),
    ("osregex", r"\S+:\S+:\S+:\S+;$", "a:" * (LONG // 2)),
    ("osmatch", "a" * 200 + "$|^" + "b" * 200, "a" * LONG + "c"),
]


def _timed(run: Callable[[], Any]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


@pytest.mark.parametrize(("dialect", "pattern", "text"), SLOW)
def test_a_pathological_pattern_takes_bounded_time(dialect: str, pattern: str, text: str) -> None:
    """Or it is refused when it is loaded."""
    try:
        compiled = compile_pattern(pattern, dialect)
    except ValueError:
        return
    assert _timed(lambda: compiled.test(text, lower(text))) < BOUND_S


PIECE = st.sampled_from(
    ["a", "b", " ", ".", "\\w", "\\s", "\\S", "\\d", "[ab]", "[^b]", "a|b", "(?:a|ab)", "(a)"]
)
REPEATED = st.tuples(PIECE, st.sampled_from(["", "+", "*", "?", "+?", "*?", "{2,9}"])).map("".join)
PATTERN = st.lists(REPEATED, min_size=1, max_size=7).map("".join)
NESTED = st.one_of(
    PATTERN, PATTERN.map(lambda text: f"(?:{text})+"), PATTERN.map(lambda text: f"(?={text}).*{text}")
)
OS_PIECE = st.sampled_from(["\\.", "\\w", "\\S", "\\s", "\\d", "\\p", "a", "b", " ", ":"])
OS_PATTERN = st.lists(
    st.one_of(
        st.tuples(OS_PIECE.filter(lambda piece: len(piece) > 1), st.sampled_from("+*")).map("".join), OS_PIECE
    ),
    min_size=1,
    max_size=9,
).map("".join)
TEXT = st.tuples(
    st.sampled_from(["a", "ab", "a ", "a:", "1", "aaaab", " "]), st.sampled_from(["", "b", "!", " :"])
).map(lambda parts: parts[0] * (8_000 // len(parts[0])) + parts[1])


@settings(max_examples=150)
@given(
    pattern=st.one_of(
        NESTED.map(lambda p: ("pcre2", p + "$")), OS_PATTERN.map(lambda p: ("osregex", p + "$"))
    ),
    text=TEXT,
)
def test_any_pattern_takes_bounded_time(pattern: tuple[str, str], text: str) -> None:
    """On texts of the kind that backtracking engines lose themselves in."""
    dialect, written = pattern
    try:
        compiled = compile_extractor(written, dialect)
    except ValueError:
        return
    assert _timed(lambda: compiled.find(text, lower(text))) < BOUND_S


HEADER = st.sampled_from(
    [
        "",
        "Nov 24 10:00:00 h ",
        "<13>1 ",
        "2026-11-24T10:00:00.123456+00:00 h ",
        "[Time 2026.11.24 10:00:00 UTC] [",
        "<",
        "1790000000.123 ",
    ]
)
FILLER = st.sampled_from(["a", "[", "]", '"', "\\", " ", "a.", "1", "(", '[x y="', "\xff", "|a:b "])


@settings(max_examples=100)
@given(header=HEADER, filler=FILLER, rest=st.text(st.characters(max_codepoint=255), max_size=20))
def test_predecoding_takes_bounded_time(header: str, filler: str, rest: str) -> None:
    """However long a line goes on with the same few bytes."""
    line = header + filler * (LONG // len(filler)) + rest

    def run() -> None:
        subject = Subject(line)
        predecode(subject)
        Timestamps().within(subject.log, 10**15)

    assert _timed(run) < BOUND_S


def test_a_pattern_that_sees_the_beginning_only_is_named(tmp_path: Path) -> None:
    """By file, line and rule, with how often a text was longer."""
    (tmp_path / "rules").mkdir()
    content = (
        '<group name="g,"><rule id="10" level="3"><match type="pcre2">key=(?!b)\\w+ END</match>'
        "<description>d</description></rule></group>"
    )
    (tmp_path / "rules" / "r.xml").write_text(content)
    ruleset = load([tmp_path])
    raw = b"key=" * 15_000 + b"key=a END"
    assert "rule.id" not in ruleset.classify([Record("s", 1, raw, 10**15)])[0].event.fields
    (limit,) = ruleset.limits()
    assert ("10", 1) == (limit.subject, limit.location.line)
    assert limit.location.path.endswith("r.xml")
    assert limit.reason.endswith("bytes of a text are matched; 1 texts were longer")
