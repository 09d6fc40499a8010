"""Patterns, whatever the text: what indexes rely on is true, and nothing escapes as another error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tocsin.core.record import Record
from tocsin.decode.engines import Searcher
from tocsin.decode.markup import MarkupError, parse
from tocsin.decode.osmatch import compile_osmatch
from tocsin.decode.osregex import compile_osregex, read_alternatives
from tocsin.decode.patterns import compile_pattern, lower
from tocsin.decode.predecode import predecode
from tocsin.decode.step_matcher import BUDGET, matcher_of, simple
from tocsin.decode.structure import structure_of
from tocsin.decode.subject import Subject
from tocsin.decode.timestamps import Timestamps
from tocsin.rules import Correlation, Ruleset, load

BYTES = st.text(st.characters(max_codepoint=255), max_size=40)
TEXT = st.text("aAbB1 -:", max_size=30)
PATTERN = st.text(r"aAb1 \dwS.+*()|^$", max_size=12)
REGEX = st.text("ab()|?*+.^$x1", max_size=10)


@given(text=BYTES)
def test_escaped_text_is_found_in_itself_only_literally(text: str) -> None:
    """OS_Regex of a text with its special bytes escaped matches that text, from its end on goes the rest."""
    assume(not text.startswith("^"))
    assume(not re.search(r"[\\()$|<][+*]", text))  # behind an escape, + and * repeat it
    escaped = "".join("\\" + char if char in "\\()$|<" else char for char in text)
    found = compile_osregex(escaped).find(text, lower(text))
    assert found == ((), len(text))


@given(part=st.text("ab1 -", min_size=1, max_size=5), text=TEXT)
def test_osmatch_is_what_it_says(part: str, text: str) -> None:
    """The four forms of a part are the four comparisons of text."""
    low = lower(text)
    assert (part in low) == compile_osmatch(part).test(text, low)
    assert low.startswith(part) == compile_osmatch("^" + part).test(text, low)
    assert low.endswith(part) == compile_osmatch(part + "$").test(text, low)
    assert (low == part) == compile_osmatch(f"^{part}$").test(text, low)
    assert (part not in low) == compile_osmatch("!" + part).test(text, low)


@pytest.mark.parametrize("dialect", ["osmatch", "osregex", "pcre2"])
@given(pattern=PATTERN, text=TEXT)
def test_literals_and_equals_never_hide_a_match(dialect: str, pattern: str, text: str) -> None:
    """Whatever matches holds one of the literals and is one of the equals, where those are known."""
    try:
        compiled = compile_pattern(pattern, dialect)
    except ValueError:
        return
    low = lower(text)
    if compiled.test(text, low):
        assert compiled.literals is None or any(literal in low for literal in compiled.literals)
        assert compiled.equals is None or low.rstrip("\n") in compiled.equals


TOKEN = st.sampled_from(
    [*"ab1 :()", *("\\" + char for char in "dwSs.pDW("), *("\\" + char + "+" for char in "dwS.W")]
    + ["\\" + char + "*" for char in "S.dsp"]
)


@settings(max_examples=400)
@given(
    tokens=st.lists(TOKEN, max_size=9),
    bound=st.tuples(st.booleans(), st.booleans()),
    texts=st.lists(st.text("aAbB1 :(x\n\xe4", max_size=16), min_size=4, max_size=8),
    start=st.integers(0, 3),
)
def test_osregex_by_hand_is_the_engines(
    tokens: list[str], bound: tuple[bool, bool], texts: list[str], start: int
) -> None:
    """Steps capture the same texts and end in the same place as `re` with the same alternative."""
    try:
        (alternative,) = read_alternatives("^" * bound[0] + "".join(tokens) + "$" * bound[1])
    except ValueError:
        return
    made = matcher_of(alternative.parts, alternative.quantified, start=alternative.start, end=alternative.end)
    if made is None or alternative.never:
        return
    searcher = Searcher(alternative.pattern(), anchored=alternative.start)
    for text in texts:
        at, low = min(start, len(text)), lower(text)
        spans, found = searcher.search(low, low, at), made.find(text, low, at)
        if spans is None:
            assert found is None
            continue
        captured = [text[a:b] for a, b in spans[1 : alternative.groups + 1]]
        assert found is not None
        assert (captured, spans[0][1]) == (found.captured, found.end)
        assert alternative.last not in alternative.quantified or spans[-1][0] == found.last


@settings(max_examples=400)
@given(
    tokens=st.lists(
        st.sampled_from(
            [*"aB1 :().{", r"\d", r"\w", r"\s", r"[^ ]", r"[^,:]*", r"\(", r"\d+", r"\w+", r"\S+"]
        )
        | st.sampled_from([r"\S+", ".+", ".*", r"\s*", ".+?", r"\w+?", r"[\s\S]*?", r"[a-b]*?"]),
        max_size=9,
    ),
    bound=st.booleans(),
    texts=st.lists(st.text("aAbB1 :(x\n\xe4", max_size=16), min_size=4, max_size=8),
)
def test_simple_pcre2_by_hand_is_the_engines(tokens: list[str], bound: bool, texts: list[str]) -> None:
    """Steps capture the same texts and end in the same place as `re`, or say that they cannot tell."""
    pattern = "^" * bound + "".join(tokens)
    made = simple(pattern)
    if made is None:
        return
    compiled = re.compile(pattern, re.ASCII)
    repeated = sum("*" in token or "+" in token for token in tokens)
    for text in texts:
        expected, found = compiled.search(text), made.find(text, text, 0)
        if found is not None and found.end < 0:  # the budget is spent, as only many runs in a row can
            assert (len(text) + 1) ** (repeated + 2) > BUDGET
        elif expected is None:
            assert found is None
        else:
            assert found is not None
            assert (list(expected.groups()), expected.end()) == (found.captured, found.end)


@given(pattern=REGEX, text=st.text("abx1", max_size=12))
def test_the_engines_agree(pattern: str, text: str) -> None:
    """A pattern finds the same in a text whether it is short or long."""
    try:
        search = Searcher(pattern).search
        plain = re.compile(pattern, re.ASCII)
    except (ValueError, re.error):
        return
    padded = text + "\n" + "-" * 3_000
    short, long = search(text + "\n", text + "\n"), search(padded, padded)
    if "$" in pattern or "." in pattern or not plain.search(text):
        return
    assert short is not None
    assert long is not None
    assert short[0] == long[0]


@given(pattern=REGEX, text=st.text("abx1", max_size=12))
def test_a_prefix_is_where_matches_begin(pattern: str, text: str) -> None:
    """A text that matches a pattern bound to its start begins with the prefix."""
    prefix = structure_of(pattern).prefix
    try:
        found = re.search(pattern, text)
    except re.error:
        return
    assert found is None or text.startswith(prefix)


@given(content=st.text("<>/!-= \"'\\abx\n", max_size=60))
def test_markup_is_read_or_refused(content: str) -> None:
    """Any text is either elements or one error with a line."""
    refused = None
    try:
        parse(content, "f")
    except MarkupError as error:
        refused = error
    assert refused is None or (refused.location is not None and refused.location.line > 0)


@given(line=st.one_of(BYTES, st.from_regex(r"\A[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d [\w: \[\]|]{0,20}")))
def test_predecoding_only_cuts_from_the_front(line: str) -> None:
    """The rest of a line is its end (or, for two formats, a part of it)."""
    subject = Subject(line)
    predecode(subject)
    assert line.endswith(subject.log) or subject.log in line
    at = Timestamps().of(subject.timestamp, 10**15)
    assert at is None or 0 <= at <= 10**15 + 86_400_000_000


@pytest.fixture(scope="module")
def own_content() -> Ruleset:
    """The project's own decoders and rules."""
    return load([Path(__file__).resolve().parent.parent.parent / "content"])


@settings(max_examples=200)
@given(
    raws=st.lists(st.binary(max_size=200), max_size=5),
    kind=st.sampled_from(["line", "json", "winevent", "finding"]),
)
def test_any_bytes_become_one_event_each(own_content: Ruleset, raws: list[bytes], kind: str) -> None:
    """Nothing raises, nothing is lost, order and identity stay, and what was read can be read again."""
    records = [Record("s", n, raw, 10**15 + n, kind) for n, raw in enumerate(raws, start=1)]  # type: ignore[arg-type]
    events = Correlation(own_content).settle(own_content.classify(records))
    assert [record.seq for record in records] == [event.seq for event in events]
    assert raws == [event.message.encode() if event.raw is None else event.raw for event in events]
    assert 0 == own_content.quarantined
    for event in events:
        assert all(value is not None and value != [] for value in event.fields.values())
