"""JSON in logs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"A":0,"a":2,"status":"x","status":"y","user":"u","user":"v","n":{"b":1},"n":{"b":2,"id":3}}',
        '{"a" :1,"A"\t:0,"a"  :2,"status":"x","status":"y","user":"u","user":"v","n":{"b":1,"b":2,"id":3}}',
        '{"\\u0061":1,"A":0,"a":2,"status"\n:"y","user":"u","user":"v","n":{"b":1},"n":{"id":3}} trailing',
        '{"a":1,"A":0,"a":[{}],"status":"x","status":"y","user":"u","n":{"b":1},"n":{"id":3}}',
    ],
)
def test_the_first_of_equal_keys_stands(text: str) -> None:
    """Rules and event get the first value of a key given twice, both of two objects; the last static one."""
    document = parse_object(text.encode())
    assert {"a": 1, "A": 0, "status": "y", "user": "u", "n": {"b": 1, "id": 3}} == document
    assert {"a": "1", "status": "y", "dstuser": "u", "n.b": "1", "n.id": "3"} == _put(document).values


@given(
    st.recursive(
        st.none() | st.text(st.sampled_from('a":\\ {\t'), max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(st.tuples(st.text(st.sampled_from('ab":\\ '), max_size=2), inner), max_size=4).map(
                tuple
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from([":", " :", "  :", "\t:", "\n :", " \r: "]),
)
def test_no_equal_keys_pass_unseen(written: Any, colon: str) -> None:
    """However a document is spaced and quoted, the fast parser's last value never stands in for the first."""
    text = _written(written, colon)
    assert _first_of(json.loads(text, object_pairs_hook=tuple)) == parse_json(text.encode())


def _written(value: Any, colon: str) -> str:
    if isinstance(value, tuple):
        return (
            "{" + ",".join(json.dumps(name) + colon + _written(inner, colon) for name, inner in value) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_written(inner, colon) for inner in value) + "]"
    return json.dumps(value)


def _first_of(value: Any) -> Any:
    """Return a document of members as the first ones of each name say, objects of one name joined."""
    if isinstance(value, list):
        return [_first_of(inner) for inner in value]
    if not isinstance(value, tuple):
        return value
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for name, _ in value):
        of_name = [inner for other, inner in value if other == name]
        objects = tuple(member for inner in of_name if isinstance(inner, tuple) for member in inner)
        found[name] = _first_of(objects if isinstance(of_name[0], tuple) else of_name[0])
    return found


def test_many_equal_keys_take_no_time() -> None:
    """Objects of one name are joined as fast as they are read."""
    text = "{" + ",".join(f'"a":{{"k{n}":1}}' for n in range(5_000)) + "}"
    before = time.thread_time()
    assert 5_000 == len(parse_object(text.encode())["a"])
    assert time.thread_time() - before < 1


@pytest.mark.parametrize("inner", ["[" * 990 + "]" * 990, '[{"b":' * 450 + "1" + "}]" * 450])
def test_depth_costs_only_the_value_that_is_deep(inner: str) -> None:
    """A value that is nested too deeply to be shown leaves the other fields as they are."""
    subject = _put(parse_object(f'{{"before": 1, "deep": {inner}, "after": 2}}'.encode()))
    assert ("1", "2") == (subject.values["before"], subject.values["after"])
    assert "deep" in subject.values
