"""JSON in logs."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.decode.jsondoc import MAX_FIELDS, JSONOptions, parse_json, parse_object, put_document
from tocsin.decode.subject import Subject


def _put(document: dict[str, Any], **options: bool) -> Subject:
    subject = Subject("")
    put_document(subject, document, JSONOptions(**options))
    return subject


@pytest.mark.parametrize(
    ("value", "text", "kept"),
    [
        ("x", "x", "x"),
        ("", "", None),
        (7, "7", 7),
        (7.0, "7", 7.0),
        (4294967296, "4294967296.000000", 4294967296),
        (1.5, "1.500000", 1.5),
        (True, "true", True),
        (None, "null", None),
        (["a", 1, None], '["a", 1, null]', ["a", 1]),
        ([], "[]", None),
        ([{"k": [1]}], '[{\n\t\t"k":\t[1]\n\t}]', ['{"k":[1]}']),
        ("ä", "\xc3\xa4", "ä"),
        (10**400, str(10**400), str(10**400)),
    ],
)
def test_rules_see_text_and_the_event_keeps_types(value: Any, text: str, kept: Any) -> None:
    """Rules see what Wazuh makes of a value; the event keeps numbers, truth values and lists."""
    subject = _put({"a": {"B": value}})
    assert text == subject.values["a.b"]
    assert kept == subject.fields.get("data.a.B")


def test_options_for_null_and_arrays() -> None:
    """Null can be left out, arrays can be joined by commas."""
    subject = _put({"n": None, "l": [1, "b", {"x": 1}]}, keep_null=False, arrays_as_csv=True)
    assert {"l": "1,b"} == subject.values


def test_static_names_at_the_top() -> None:
    """Wazuh's static names at the top fill static fields; `user` only when there is no `dstuser`."""
    subject = _put({"srcip": "192.0.2.1", "user": "bob", "systemname": "s", "in": {"srcip": "x"}})
    assert "192.0.2.1" == subject.fields["source.ip"]
    assert "bob" == subject.values["dstuser"]
    assert "s" == subject.values["system_name"]
    assert "x" == subject.values["in.srcip"]
    assert "al" == _put({"dstuser": "al", "user": "bob"}).values["dstuser"]


def test_catalogue_types_hold() -> None:
    """A field the catalogue declares is converted, or kept apart when it does not fit."""
    subject = _put({"source": {"ip": "192.0.2.1", "port": "22"}, "user": {"id": 0}, "file": {"size": "big"}})
    assert {
        "source.ip": "192.0.2.1",
        "source.port": 22,
        "user.id": "0",
        "data.file.size": "big",
    } == subject.fields


def test_trailing_text_is_ignored_and_rubbish_refused() -> None:
    """What follows the value does not matter; what is no value is refused."""
    assert {"a": 1} == parse_json(b'{"a": 1} trailing')
    for text in (b"{", b"", b"\xff", b"[" * 200_000):
        with pytest.raises(ValueError, match=r".+"):
            parse_json(text)
    with pytest.raises(ValueError, match="not a JSON object"):
        parse_object(b"[1]")


def test_the_number_of_fields_is_bounded() -> None:
    """A document with very many leaves gives only so many fields."""
    assert MAX_FIELDS == len(_put({str(n): n for n in range(5_000)}).fields)


def test_first_of_names_that_differ_in_case_wins_for_rules() -> None:
    """Rules look names up without case, the first one counts."""
    assert "1" == _put({"a": 1, "A": 2}).values["a"]
