"""JSON as Wazuh's rules and documents see it, beside the typed values our event keeps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.event import Event
from tocsin.decode.jsondoc import JSONOptions, put_document
from tocsin.decode.subject import Subject
from tocsin.rules.alert_document import AlertDocuments

NAMES = st.text("abcxyz", min_size=1, max_size=6)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.none()
)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


def _subject(document: dict[str, Any], options: JSONOptions = JSONOptions()) -> Subject:  # noqa: B008  # frozen
    subject = Subject("")
    # A name of its own above it all, so that no name is one of Wazuh's static ones.
    put_document(subject, {"top": document}, options)
    return subject


def _leaves(document: dict[str, Any], prefix: str = "top.") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _expected(value: Any) -> str:
    """Return how Wazuh shows a single value to rules."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if value == math.floor(value) and -(2**31) <= value < 2**31:
        return str(int(value))
    return f"{value:f}"


@given(DOCUMENTS)
def test_single_values_are_text_to_rules_and_typed_in_the_event(document: dict[str, Any]) -> None:
    """32-bit whole numbers as they are, others as `%f`; null is a word; the event keeps the value itself."""
    subject = _subject(document)
    for name, value in _leaves(document):
        if isinstance(value, list):
            continue
        assert subject.values[name] == _expected(value)
        if value is None or value == "":
            assert f"data.{name}" not in subject.fields
        else:
            kept = subject.fields[f"data.{name}"]
            assert (kept, type(kept)) == (value, type(value))


@given(DOCUMENTS)
def test_arrays_are_json_text_to_rules_and_lists_in_the_event(document: dict[str, Any]) -> None:
    """On one line, with `, ` between; as CSV without objects and arrays where a decoder asks for it."""
    subject = _subject(document)
    csv = _subject(document, JSONOptions(arrays_as_csv=True))
    for name, value in _leaves(document):
        if not isinstance(value, list):
            continue
        text = subject.values[name]
        assert text.startswith("[")
        assert len(orjson.loads(text.encode("latin-1"))) == len(value)
        scalars = [item for item in value if not isinstance(item, list | dict)]
        assert csv.values[name] == ",".join(map(_expected, scalars))
        kept = subject.fields.get(f"data.{name}")
        if any(item is not None for item in value):
            assert isinstance(kept, list)
            assert [item for item in value if item is not None and not isinstance(item, list | dict)] == [
                item for item, was in zip(kept, (i for i in value if i is not None), strict=True)
                if not isinstance(was, list | dict)
            ]  # fmt: skip


@given(DOCUMENTS)
def test_null_can_be_left_out(document: dict[str, Any]) -> None:
    """`json_null_field` set to discard leaves no field for rules."""
    subject = _subject(document, JSONOptions(keep_null=False))
    for name, value in _leaves(document):
        assert (name in subject.values) == (value is not None)


@given(DOCUMENTS)
def test_the_document_shows_what_rules_saw(document: dict[str, Any]) -> None:
    """Single values are rules' text, nested at dots; lists are lists; what is empty is left out."""
    subject = _subject(document)
    event = Event("s", 1, 0, 0, "", subject.fields)
    shown = AlertDocuments("m").document(event).get("data", {})
    for name, value in _leaves(document):
        found: Any = shown
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(value, list):
            assert isinstance(found, list) or not any(item is not None for item in value)
        elif value is None or value == "":
            assert found is None
        elif isinstance(value, str):
            assert found == value
        else:
            assert found == _expected(value)
