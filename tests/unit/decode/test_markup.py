"""The reader of Wazuh's markup."""

from __future__ import annotations

import pytest

from tocsin.decode.markup import MAX_TEXT_BYTES, MarkupError, parse


def test_several_roots_with_attributes_and_lines() -> None:
    """A file may have several roots; attributes come in either quotes, elements know their line."""
    roots = parse("<a x=\"1\" Y='2'>t</a>\n\n<b>\n <c/></b>", "f.xml")
    assert [("a", 1, "t"), ("b", 3, "")] == [(r.name, r.line, r.text.strip()) for r in roots]
    assert {"x": "1", "y": "2"} == roots[0].attributes
    assert [("c", 4)] == [(child.name, child.line) for child in roots[1].children]


def test_entities_stay_and_spaces_count() -> None:
    """No entity is decoded, and spaces at the ends of a text are kept."""
    assert " &lt;x " == parse("<match> &lt;x </match>", "f").pop().text


def test_both_kinds_of_comment_are_removed() -> None:
    """`<!-- -->` and `<! !>` may stand anywhere, also inside text."""
    assert "ab" == parse("<! one !><m>a<!-- two > -->b</m><!-- <x> -->", "f").pop().text


def test_an_escaped_less_than_is_text() -> None:
    r"""A `<` after an odd number of backslashes is text and keeps the backslash."""
    assert r"a\<b" == parse(r"<m>a\<b</m>", "f").pop().text
    assert "a\\\\" == parse("<m>a\\\\</m>", "f").pop().text


def test_text_before_a_child_is_dropped() -> None:
    """Text before a child element is dropped, text after it is kept."""
    assert "late" == parse("<m>early<c/>late</m>", "f").pop().text


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("<a>\n<b>\n</a>", 3, "closes nothing"),
        ("\n<a>\n", 2, "not closed"),
        ("<a x='1' x='2'/>", 1, "twice"),
        ("<a>\n<script=x</a>", 2, "malformed attribute"),
        ("<a>\n< b</a>", 2, "begins no element"),
        ("loose <a/>", 1, "outside"),
        ("<a>x</a>\n<!-- never", 2, "comment is not closed"),
        ("<a>" + "x" * (MAX_TEXT_BYTES + 1) + "</a>", 1, "longer than"),
        ("<a>" * 1025, 1, "nested deeper"),
    ],
)
def test_faults_are_refused_with_their_line(content: str, line: int, reason: str) -> None:
    """What is not the markup is refused with file, line and reason."""
    with pytest.raises(MarkupError, match=reason) as caught:
        parse(content, "bad.xml")
    assert caught.value.location is not None
    assert ("bad.xml", line) == (caught.value.location.path, caught.value.location.line)
