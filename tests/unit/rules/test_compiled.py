"""The conditions that upstream has as compiled functions."""

from __future__ import annotations

import pytest

from tocsin.decode.subject import Subject
from tocsin.rules.compiled import COMPILED


def _subject(log: str = "", **values: str) -> Subject:
    subject = Subject(log)
    subject.values = values
    return subject


@pytest.mark.parametrize(
    ("name", "subject", "holds"),
    [
        ("is_simple_http_request", _subject(url="/"), True),
        ("is_simple_http_request", _subject(url="/a/b"), True),
        ("is_simple_http_request", _subject(url="/a?b=c"), False),
        ("is_simple_http_request", _subject(), False),
        ("is_valid_crawler", _subject("66.249.1.1 - - GET"), True),
        ("is_valid_crawler", _subject("67.195.0.1 x"), True),
        ("is_valid_crawler", _subject("192.0.2.1 66.249.1.1"), False),
        ("comp_srcuser_dstuser", _subject(srcuser="a", dstuser="a"), True),
        ("comp_srcuser_dstuser", _subject(srcuser="a", dstuser="b"), False),
        ("comp_srcuser_dstuser", _subject(srcuser="a"), True),
        ("check_id_size", _subject(id="1234567890"), True),
        ("check_id_size", _subject(id="123456789"), False),
        ("check_id_size", _subject(), False),
        (
            "comp_mswin_targetuser_calleruser_diff",
            _subject("User changed: Target Account Name: bob Caller User Name: eve Caller Domain: D"),
            True,
        ),
        (
            "comp_mswin_targetuser_calleruser_diff",
            _subject("Target User Name:  bob  Caller User Name: bob"),
            False,
        ),
        ("comp_mswin_targetuser_calleruser_diff", _subject("Target User Name: bob"), False),
    ],
)
def test_each_function(name: str, subject: Subject, holds: bool) -> None:
    """They hold for what their name says."""
    assert holds == COMPILED[name](subject)
