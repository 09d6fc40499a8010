"""One Windows event: from its XML to the names Wazuh's rules use (`win.system.*`, `win.eventdata.*`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tocsin.decode.audit_policy import CATEGORIES, CHANGES, SUBCATEGORIES
from tocsin.decode.winevent_json import open_json

_IMPOSSIBLE = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));"
)
"""Control characters, as they are or as references."""
MAX_BYTES = 1024 * 1024
_SEVERITY = {"1": "CRITICAL", "2": "ERROR", "3": "WARNING", "4": "INFORMATION", "5": "VERBOSE"}
_AUDIT_FAILURE = 0x10000000000000
_AUDIT_SUCCESS = 0x20000000000000
_EMPTY = frozenset({"", "-", "(NULL)"})
ECS = {
    "win.system.eventID": "event.code",
    "win.system.computer": "host.name",
    "win.eventdata.ipAddress": "source.ip",
    "win.eventdata.ipPort": "source.port",
    "win.eventdata.targetUserName": "user.name",
    "win.eventdata.subjectUserName": "source.user.name",
    "win.eventdata.image": "process.executable",
    "win.eventdata.newProcessName": "process.executable",
    "win.eventdata.commandLine": "process.command_line",
    "win.eventdata.parentImage": "process.parent.executable",
    "win.eventdata.parentProcessName": "process.parent.executable",
    "win.eventdata.parentCommandLine": "process.parent.command_line",
    "win.eventdata.currentDirectory": "process.working_directory",
    "win.eventdata.processId": "process.pid",
    "win.eventdata.destinationIp": "destination.ip",
    "win.eventdata.destinationPort": "destination.port",
    "win.eventdata.sourceIp": "source.ip",
    "win.eventdata.sourcePort": "source.port",
    "win.eventdata.targetFilename": "file.path",
}
"""Windows names that mean an ECS field; the event then holds the value under both names."""


def read_winevent(raw: bytes) -> dict[str, Any]:
    """Return `{"win": {"system": .., "eventdata": ..}}`; raises `ValueError` with the reason.

    `raw` is XML, or JSON that `tocsin.decode.winevent_json` knows. Entities, document types and external
    references are refused.
    """
    if len(raw) > MAX_BYTES:
        raise ValueError(f"the event is larger than {MAX_BYTES} bytes")
    message = ""
    source: bytes | Element = raw
    if raw.lstrip()[:1] == b"{":
        source, message = open_json(raw)
    root = _parse(source) if isinstance(source, bytes) else source
    if _tag(root) != "Event":
        raise ValueError(f"not an event in XML: the root is <{_tag(root)}>")
    win = _blocks(root)
    if message:
        win["system"]["message"] = message
    return {"win": win}


def _parse(raw: bytes) -> Element:
    """Return the root. Characters that XML cannot hold, which Windows writes all the same, are put aside."""
    try:
        try:
            root: Element = fromstring(raw, forbid_dtd=True)
        except ParseError:
            root = fromstring(_IMPOSSIBLE.sub(b"\xef\xbf\xbd", raw), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ValueError(f"not an event in XML: {error}") from error
    return root


def _blocks(root: Element) -> dict[str, Any]:
    win: dict[str, Any] = {"system": {}}
    for block in root:
        name = _tag(block)
        if name == "System":
            win["system"] = _system(block)
        elif name == "RenderingInfo":
            win["system"].update(_rendering(block))
        elif name == "EventData":
            win["eventdata"] = _event_data(block)
        else:
            win.update(_other(block))
    return win


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _system(block: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in block:
        name, attributes = _tag(element), element.attrib
        for attribute, key in _SYSTEM_ATTRIBUTES.get(name, {}).items():
            if attributes.get(attribute):
                found[key] = attributes[attribute]
        if name not in _SYSTEM_ATTRIBUTES and _text(element):
            found[_lowered(name)] = _text(element)
    found["severityValue"] = severity(found.get("level", ""), found.get("keywords", ""))
    return found


_SYSTEM_ATTRIBUTES = {
    "Provider": {"Name": "providerName", "Guid": "providerGuid", "EventSourceName": "eventSourceName"},
    "TimeCreated": {"SystemTime": "systemTime"},
    "Execution": {"ProcessID": "processID", "ThreadID": "threadID"},
}


def severity(level: str, keywords: str) -> str:
    """Return what an event's level and, at level 0, the bits of its keywords say of it."""
    if level != "0":
        return _SEVERITY.get(level, "UNKNOWN")
    try:
        bits = int(keywords, 16)
    except ValueError:
        return "UNKNOWN"
    if bits & _AUDIT_FAILURE:
        return "AUDIT_FAILURE"
    return "AUDIT_SUCCESS" if bits & _AUDIT_SUCCESS else "UNKNOWN"


def _rendering(block: Element) -> Iterator[tuple[str, str]]:
    return ((_lowered(_tag(e)), _text(e)) for e in block if _tag(e) == "Message" and _text(e))


def _event_data(block: Element) -> dict[str, Any]:
    return event_data(
        ("" if _tag(element) == "Data" and not name else name or _tag(element), _text(element))
        for element in block
        for name in [element.attrib.get("Name", "")]
    )


def event_data(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return an event's data by the names rules use; those without a name are joined under `data`."""
    found: dict[str, Any] = {}
    nameless: list[str] = []
    for name, value in pairs:
        if value in _EMPTY:
            continue
        if name:
            found[_lowered(name)] = value
        else:
            nameless.append(value)
    if nameless:
        found["data"] = ", ".join(nameless)
    _spell_out(found)
    return found


def _spell_out(found: dict[str, Any]) -> None:
    """Add the names of what an audit policy change states as numbers."""
    for number, name, names in (
        ("categoryId", "category", CATEGORIES),
        ("subcategoryId", "subcategory", SUBCATEGORIES),
    ):
        if found.get(number) in names:
            found[name] = names[found[number]]
    if "auditPolicyChanges" in found:
        changes = (part.strip() for part in found["auditPolicyChanges"].split(","))
        found["auditPolicyChanges"] = ", ".join(CHANGES.get(part, part) for part in changes)


def _other(block: Element) -> dict[str, Any]:
    """Return what stands in another block (UserData): its grandchildren under the lowered child's name."""
    found: dict[str, Any] = {}
    for element in block:
        inner = {_lowered(_tag(leaf)): _text(leaf) for leaf in element if _text(leaf) not in _EMPTY}
        if inner:
            found[_lowered(_tag(element))] = inner
    return found
