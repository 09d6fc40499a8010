"""Windows events in JSON."""

from __future__ import annotations

import json

import pytest

from tocsin.decode.winevent import read_winevent
from tocsin.decode.winevent_json import MAX_ELEMENTS

XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='P' Guid='{1}'/>"
    "<EventID Qualifiers='0'>4719</EventID><Level>0</Level><Keywords>0x8020000000000000</Keywords>"
    "<TimeCreated SystemTime='2026-11-24T10:00:00Z'/><Execution ProcessID='4' ThreadID='8'/>"
    "<Channel>Security</Channel></System><EventData><Data Name='CategoryId'>%%8273</Data>"
    "<Data Name='SubcategoryId'>%%12544</Data><Data Name='AuditPolicyChanges'>%%8448, %%8451</Data>"
    "<Data Name='Empty'>(NULL)</Data></EventData></Event>"
)
DATA = {"CategoryId": "%%8273", "SubcategoryId": "%%12544", "AuditPolicyChanges": "%%8448, %%8451"}
SYSTEM = {
    "Provider": {"#attributes": {"Name": "P", "Guid": "{1}"}},
    "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 4719},
    "Level": 0,
    "Keywords": "0x8020000000000000",
    "TimeCreated": {"#attributes": {"SystemTime": "2026-11-24T10:00:00Z"}},
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
    "Channel": "Security",
}
BESIDE = {
    "Provider": None,
    "Provider_attributes": {"Name": "P", "Guid": "{1}"},
    "EventID": 4719,
    "Level": 0,
    "Keywords": "0x8020000000000000",
    "TimeCreated_attributes": {"SystemTime": "2026-11-24T10:00:00Z"},
    "TimeCreated": None,
    "Execution": None,
    "Execution_attributes": {"ProcessID": 4, "ThreadID": 8},
    "Channel": "Security",
}


@pytest.mark.parametrize("system", [SYSTEM, BESIDE])
def test_every_form_is_the_same_event(system: dict[str, object]) -> None:
    """XML, the JSON of an agent around it, and both forms of the `evtx` library's JSON."""
    expected = read_winevent(XML.encode())
    assert "Logon/Logoff" == expected["win"]["eventdata"]["category"]
    assert "Logon" == expected["win"]["eventdata"]["subcategory"]
    assert "Success removed, Failure added" == expected["win"]["eventdata"]["auditPolicyChanges"]
    assert "AUDIT_SUCCESS" == expected["win"]["system"]["severityValue"]
    agents = read_winevent(json.dumps({"Message": " Changed. ", "Event": XML}).encode())
    assert "Changed." == agents["win"]["system"].pop("message")
    assert expected == agents
    document = {"Event": {"System": system, "EventData": DATA}}
    assert expected == read_winevent(json.dumps(document).encode())


def test_nameless_and_repeated_data() -> None:
    """Several texts in one element are as many elements; numbers and truth values are text."""
    data = {"Data": {"#text": ["one", "two"]}, "Count": 5, "On": True, "No": None}
    event = {"Event": {"System": {}, "EventData": data, "UserData": {"Cleared": {"Subject": "eve"}}}}
    win = read_winevent(json.dumps(event).encode())["win"]
    assert {"data": "one, two", "count": "5", "on": "true"} == win["eventdata"]
    assert {"subject": "eve"} == win["cleared"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Event": 5},
        {"Event": "<x/>"},
        {"Event": '<!DOCTYPE Event [<!ENTITY a "b">]><Event>&a;</Event>'},
        {"Event": {"System": {"X": list(range(MAX_ELEMENTS + 1))}}},
    ],
)
def test_what_is_no_event_is_refused(document: dict[str, object]) -> None:
    """No entities are expanded and no event is larger than it can be."""
    with pytest.raises(ValueError, match=r"event|Event"):
        read_winevent(json.dumps(document).encode())
