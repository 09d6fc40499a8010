"""Indicators from plain text and CSV."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY
from tocsin.intel.drafts import Defaults, Reading
from tocsin.intel.extract import Extractor
from tocsin.intel.recognise import Recogniser
from tocsin.intel.textfiles import MAX_LINE, read_csv, read_freetext

RECOGNISER = Recogniser()


def freetext(text: str) -> Reading:
    reading = Reading()
    read_freetext(text, Extractor(RECOGNISER), Defaults(), reading)
    return reading


def csv(text: str) -> Reading:
    reading = Reading()
    read_csv(text, RECOGNISER, Defaults(confidence=50, tags=("feed",), valid_until_at=9), reading)
    return reading


def test_freetext_takes_every_value_and_refuses_empty_lines_of_noise() -> None:
    """Comments and blank lines pass silently, a line without a value is refused with its number."""
    reading = freetext("# head\n\n192.0.2.1\t10\nhxxp://evil[.]com/x and bad.example.com\nnothing here\n")
    assert [("ip", "192.0.2.1"), ("url", "http://evil.com/x"), ("domain", "bad.example.com")] == list(
        reading.drafts
    )
    assert [(5, "nothing here")] == [(each.line, each.value) for each in reading.refusals]


def test_overlong_line_is_refused() -> None:
    """A line longer than the limit is refused whole."""
    assert freetext("8.8.8.8 " * MAX_LINE).refused == 1


def test_csv_columns_are_named_by_the_heading() -> None:
    """All columns we know are read, in any order and under their usual names."""
    reading = csv(
        "tags;Type;Indicator;confidence;tlp;comment;valid_until;first_seen\n"
        'a b;ip-dst;192.0.2.1;90;tlp:red;"says; so";1970-01-02;1970-01-03T00:00:00Z\n'
    )
    draft = reading.drafts["ip", "192.0.2.1"]
    assert (draft.confidence, draft.tlp, draft.tags, draft.comment) == (90, 4, ("feed", "a", "b"), "says; so")
    assert (draft.valid_until_at, draft.first_seen_at) == (DAY, 2 * DAY)


def test_csv_defaults_fill_what_a_row_leaves_out() -> None:
    """Empty cells and missing columns take the feed's defaults."""
    draft = csv("value,confidence\nevil.com,\n").drafts["domain", "evil.com"]
    assert (draft.confidence, draft.tags, draft.valid_until_at) == (50, ("feed",), 9)


@pytest.mark.parametrize(
    "row",
    [
        "x,ip,50,",
        "1.2.3.4,nonsense,50,",
        "1.2.3.4,ip,500,",
        "1.2.3.4,ip,50,blue",
        "word,,,",
        "1.2.3.4,ip,-1,",
    ],
)
def test_bad_row_is_refused_with_its_line(row: str) -> None:
    """A row with a value, kind, confidence or TLP that is none is refused; the next one is taken."""
    reading = csv(f"value,kind,confidence,tlp\n{row}\n8.8.8.8,ip,1,\n")
    assert [2] == [each.line for each in reading.refusals]
    assert [("ip", "8.8.8.8")] == list(reading.drafts)


def test_csv_without_heading_takes_the_first_value_of_each_row() -> None:
    """Rows of a list without a heading give the first cell that is recognised."""
    reading = csv('"2021","192.0.2.1","http://report.example.com/"\n"x","y"\n')
    assert [("ip", "192.0.2.1")] == list(reading.drafts)
    assert [2] == [each.line for each in reading.refusals]


def test_value_stated_twice_is_one_with_the_stronger_claim() -> None:
    """Two rows of one value unite: highest confidence, all tags."""
    draft = csv("value,confidence,tags\nevil.com,20,a\nEVIL.com.,80,b\n").drafts["domain", "evil.com"]
    assert (draft.confidence, draft.tags) == (80, ("feed", "a", "b"))
