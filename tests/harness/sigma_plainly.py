"""Sigma the slow way, for comparison: pySigma's tree walked over a raw Windows event, nothing of ours in it.

Only what the Windows rules use. Fields are looked up by the names the event log has.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    SigmaCIDRExpression,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}

OTHER_NAMES = {
    "Image": ["Image", "NewProcessName"],
    "ParentImage": ["ParentImage", "ParentProcessName"],
    "User": ["User", "SubjectUserName"],
    "LogonId": ["LogonId", "SubjectLogonId"],
    "IntegrityLevel": ["IntegrityLevel", "MandatoryLabel"],
}
"""Of a process creation, as event 4688 has them."""

SPACED = {"ThreatName": "Threat Name", "CategoryName": "Category Name", "SourceName": "Source Name"}


def flat(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return a parsed event as texts by plain field name."""
    event = document["Event"]
    fields: dict[str, list[str]] = {}
    for block in ("EventData", "UserData"):
        data = event.get(block)
        if isinstance(data, dict):
            inner = [value for key, value in data.items() if isinstance(value, dict) and key != "#attributes"]
            for key, value in (inner[0] if block == "UserData" and inner else data).items():
                if key != "#attributes":
                    plain = isinstance(value, dict) and "#text" in value
                    add(fields, key, value["#text"] if plain else value)
    system = event["System"]
    number = system["EventID"]
    for key, value in (
        ("EventID", number["#text"] if isinstance(number, dict) else number),
        ("Channel", system.get("Channel")),
        ("Provider_Name", system["Provider"]["#attributes"].get("Name")),
        ("Level", system.get("Level")),
        ("Computer", system.get("Computer")),
    ):
        fields.pop(key, None)
        add(fields, key, value)
    return fields


def add(fields: dict[str, list[str]], key: str, value: Any) -> None:
    """Put a value's texts under a name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            add(fields, f"{key}.{name}", inner)
        return
    for each in value if isinstance(value, list) else [value]:
        if each is not None:
            fields.setdefault(key, []).append(str(each).lower() if isinstance(each, bool) else str(each))


def holds(condition: Any, fields: dict[str, list[str]], *, process: bool) -> bool:
    """Say whether an event fulfils a parsed condition; `process`: the rule is about process creation."""
    match condition:
        case ConditionAND(args=args):
            return all(holds(arg, fields, process=process) for arg in args)
        case ConditionOR(args=args):
            return any(holds(arg, fields, process=process) for arg in args)
        case ConditionNOT(args=args):
            return not holds(args[0], fields, process=process)
        case ConditionValueExpression(value=value):
            return any(is_value(value, text, anywhere=True) for texts in fields.values() for text in texts)
        case ConditionFieldEqualsValueExpression(field=name, value=value):
            texts = texts_of(name, fields, process=process)
            if isinstance(value, SigmaNull):
                return not texts
            if isinstance(value, SigmaFieldReference):
                return related(value, texts, texts_of(value.field, fields, process=process))
            return any(is_value(value, text) for text in texts)
    raise TypeError(condition)


def texts_of(name: str, fields: dict[str, list[str]], *, process: bool) -> list[str]:
    """Return the texts of a rule's field."""
    names = OTHER_NAMES.get(name, [name]) if process else [name]
    names = [*names, *([SPACED[name]] if name in SPACED else [])]
    if name == "TargetFilename":
        names.append("TargetFileName")
    if name == "CommandLine" and process:
        names.append("ProcessCommandLine")
    if name in {"NewValue", "OldValue", "ActionName"}:
        names.append(re.sub("(?<!^)(?=[A-Z])", " ", name))
    if name in {"Provider", "Source"}:
        names.append("Provider_Name")
    return [text for each in names for text in fields.get(each, [])]


def related(value: SigmaFieldReference, texts: list[str], others: list[str]) -> bool:
    """Say whether a value is, begins with or ends with one of another field."""
    pairs = [(one.lower(), two.lower()) for one in texts for two in others]
    if value.starts_with:
        return any(one.startswith(two) for one, two in pairs)
    if value.ends_with:
        return any(one.endswith(two) for one, two in pairs)
    return any(one == two for one, two in pairs)


def is_value(value: Any, text: str, *, anywhere: bool = False) -> bool:
    """Say whether a text is what a rule asks for."""
    match value:
        case SigmaExpansion(values=values):
            return any(is_value(each, text, anywhere=anywhere) for each in values)
        case SigmaRegularExpression():
            flags = 0
            for flag in value.flags:
                flags |= _FLAGS[value.sigma_to_re_flag[flag]]
            return re.search(str(value.regexp), text, flags) is not None
        case SigmaCIDRExpression(cidr=cidr):
            try:
                return ipaddress.ip_address(text) in ipaddress.ip_network(cidr, strict=False)
            except ValueError:
                return False
        case SigmaString():
            pattern = "".join(wildcard(part) for part in value.s)
            return (
                re.fullmatch(f".*{pattern}.*" if anywhere else pattern, text, re.IGNORECASE | re.DOTALL)
                is not None
            )
    return str(value).lower() == text.lower()


def wildcard(part: Any) -> str:
    """Return a part of a Sigma string as a regular expression."""
    if isinstance(part, str):
        return re.escape(part)
    return ".*" if part is SpecialChars.WILDCARD_MULTI else "."
