"""Documents as flat fields, and times however they are written."""

from __future__ import annotations

import pytest

from tocsin.core.clock import from_iso
from tocsin.hunt.flatten import event_of, time_of

DAY = from_iso("2026-11-24T00:00:00Z")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-24", DAY),
        ("2026-11-24 00:00:00", DAY),
        ("2026-11-24T00:00:00Z", DAY),
        ("2026-11-24T02:00:00+02:00", DAY),
        ("2026-11-24 00:00:00.0000000 UTC", DAY),
        (DAY // 1_000_000, DAY),
        (DAY // 1_000, DAY),
        (DAY, DAY),
        ("soon", 0),
        (True, 0),
        (7, 0),
        (["2026-11-24"], 0),
    ],
)
def test_times_are_read_in_several_forms(written, expected):
    """What is no time is none; without an offset it is UTC."""
    assert expected == time_of(written)


def test_nested_documents_become_paths():
    """Lists of values stay lists, lists of objects give each path its values; null is not there."""
    document = {"a": {"b": 1, "c": None}, "l": ["x", None, "y"], "o": [{"n": 1}, {"n": 2}], "e": []}
    assert {"a.b": 1, "l": ["x", "y"], "o.n": [1, 2]} == event_of(document, "s", 1).fields


def test_the_message_is_the_documents_own_or_all_its_values():
    """So that keywords find what stands anywhere."""
    assert "hello" == event_of({"message": "hello", "a": 1}, "s", 1).message
    assert "x\n1" == event_of({"a": "x", "b": 1}, "s", 1).message


def test_a_windows_event_has_the_plain_names_of_its_fields():
    """What stands below System, below EventData or in the one element of UserData."""
    system = {
        "Provider": {"#attributes": {"Name": "P", "Guid": "G"}},
        "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 7045},
        "Channel": "System",
        "TimeCreated": {"#attributes": {"SystemTime": "2026-11-24T00:00:00Z"}},
        "Security": {"#attributes": {"UserID": "S-1"}},
        "Correlation": None,
    }
    event = {"System": system, "EventData": {"Data": {"#text": ["a", "b"]}, "Empty": "", "Null": None}}
    fields = event_of({"Event": event}, "s", 1).fields
    assert {
        "Data": ["a", "b"],
        "Empty": "",
        "Provider_Name": "P",
        "Provider_Guid": "G",
        "EventID": 7045,
        "Channel": "System",
        "SystemTime": "2026-11-24T00:00:00Z",
        "UserID": "S-1",
    } == fields
    user = {"EventXML": {"#attributes": {"xmlns": "x"}, "Param1": "v"}, "#attributes": {}}
    fields = event_of({"Event": {"System": system, "UserData": user}}, "s", 1).fields
    assert "v" == fields["Param1"]


def test_a_document_is_read_to_a_bounded_depth_and_width():
    """Whoever wrote it does not fill the memory."""
    deep: dict[str, object] = {}
    inner = deep
    for _ in range(100):
        inner["a"] = {}
        inner = inner["a"]  # type: ignore[assignment]  # a dict of its own
    inner["end"] = 1
    assert {} == event_of(deep, "s", 1).fields
    assert len(event_of({f"f{number}": 1 for number in range(5_000)}, "s", 1).fields) == 2_000
