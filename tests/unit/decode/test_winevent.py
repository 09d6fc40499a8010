"""Windows events in XML."""

from __future__ import annotations

import pytest

from tocsin.decode.winevent import MAX_BYTES, read_winevent

EVENT = b"""<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
<Provider Name="Microsoft-Windows-Security-Auditing" Guid="{x}"/><EventID>4625</EventID><Level>0</Level>
<Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime="2026-11-24T10:00:00.1Z"/>
<Execution ProcessID="4" ThreadID="8"/><Channel>Security</Channel><Computer>ws1</Computer><Security/></System>
<EventData><Data Name="TargetUserName">bob</Data><Data Name="IpAddress">-</Data><Data>one</Data>
<Data>two</Data><Data Name="AuditPolicyChanges">%%8448, %%8450</Data></EventData></Event>"""


def test_system_and_event_data() -> None:
    """Names begin in lower case, empty values are dropped, severity follows level and keywords."""
    win = read_winevent(EVENT)["win"]
    assert "4625" == win["system"]["eventID"]
    assert "Microsoft-Windows-Security-Auditing" == win["system"]["providerName"]
    assert ("4", "8") == (win["system"]["processID"], win["system"]["threadID"])
    assert "2026-11-24T10:00:00.1Z" == win["system"]["systemTime"]
    assert "AUDIT_FAILURE" == win["system"]["severityValue"]
    assert {
        "targetUserName": "bob",
        "data": "one, two",
        "auditPolicyChanges": "Success removed, Failure removed",
    } == win["eventdata"]


def test_user_data_and_message() -> None:
    """Other blocks come under their inner element's name; a rendered message joins the system part."""
    win = read_winevent(
        b"<Event><System><Level>2</Level></System><UserData><LogFileCleared><SubjectUserName>eve"
        b"</SubjectUserName></LogFileCleared></UserData><RenderingInfo><Message>cleared</Message>"
        b"</RenderingInfo></Event>"
    )["win"]
    assert {"subjectUserName": "eve"} == win["logFileCleared"]
    assert ("ERROR", "cleared") == (win["system"]["severityValue"], win["system"]["message"])


@pytest.mark.parametrize(
    "raw",
    [
        b"not xml",
        b"<Other/>",
        b'<!DOCTYPE Event [<!ENTITY x "y">]><Event>&x;</Event>',
        b'<!DOCTYPE Event SYSTEM "file:///etc/passwd"><Event/>',
        b"<Event>" + b" " * MAX_BYTES,
        b"\x00\xff",
        b"<Event>" + b"<a>" * 200_000,
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    """Document types, entities, other roots and oversized events are refused with a reason."""
    with pytest.raises(ValueError, match=r"event"):
        read_winevent(raw)


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    """An event with a control character, written or as a reference, is read; other text stays as it is."""
    win = read_winevent(
        b"<Event><System/><EventData>"
        b"<Data Name='A'>a\x01b&#x1;c&#31;d&#x9;e&#10;f&#x41;</Data></EventData></Event>"
    )["win"]
    assert "a\ufffdb\ufffdc\ufffdd\te\nfA" == win["eventdata"]["a"]
    with pytest.raises(ValueError, match="not an event in XML"):
        read_winevent(b"<Event>\x01<System></Event>")
