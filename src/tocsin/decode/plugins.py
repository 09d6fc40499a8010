"""The plugins other than JSON: fields of formats that patterns describe poorly.

Sources: the examples beside the decoders that name these plugins; OpenBSD's pflog as tcpdump prints it;
SonicWall's syslog format; Symantec Web Security's log; what OSSEC sends on as syslog (`csyslogd`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin.decode.model import Plugin
from tocsin.decode.naming import target
from tocsin.decode.subject import Subject

_PF = re.compile(r"\b(pass|block) (?:in|out) on [^ ]+ ([0-9a-fA-F.:]+) > ([0-9a-fA-F.:]+)(?: +([A-Za-z]))?")
_PF_PROTOCOLS = {"u": "UDP", "i": "ICMP"}
_PAIR = re.compile(r'\b(pri|m|msg|src|dst|proto)=(?:"([^"]*)"|([^ ]*))')
_WEB_SECURITY = {"10": "dstuser", "11": "srcip", "60": "url"}
_ALERT = re.compile(r"Alert Level: *[0-9]{1,2}; Rule: *([0-9]{1,6}) - ")
_ALERT_PART = re.compile(r"; (Location|srcip|dstip|user): ([^;]*)(?=;)")
_ALERT_NAMES = {"srcip": "srcip", "dstip": "dstip", "user": "dstuser"}


def read_pf(subject: Subject, start: int) -> None:
    """Read action, addresses, ports and protocol of a packet that OpenBSD's packet filter logged."""
    found = _PF.search(subject.log, start)
    if found is None:
        return
    action, source, destination, letter = found.groups()
    values = {"action": action}
    for text, address, port in ((source, "srcip", "srcport"), (destination, "dstip", "dstport")):
        values[address], values[port] = _address_and_port(text.rstrip(":"))
    values["protocol"] = _PF_PROTOCOLS.get((letter or "").lower(), "TCP")
    _put(subject, values)


def _address_and_port(text: str) -> tuple[str, str]:
    """Divide `a.b.c.d.port` at the fourth dot, an IPv6 address at its only one."""
    if ":" in text:
        address, _, port = text.partition(".")
        return address, port
    parts = text.split(".", 4)
    return ".".join(parts[:4]), parts[4] if len(parts) > 4 else ""


def read_sonicwall(subject: Subject, start: int) -> None:
    """Read priority (as status), message (as action) and id, addresses, ports and protocol."""
    pairs = {match[1]: match[2] or match[3] or "" for match in _PAIR.finditer(subject.log, start)}
    values = {"status": pairs.get("pri", ""), "id": pairs.get("m", ""), "action": pairs.get("msg", "")}
    for name, address, port in (("src", "srcip", "srcport"), ("dst", "dstip", "dstport")):
        parts = [*pairs.get(name, "").split(":"), "", ""]
        values[address], values[port] = parts[0], parts[1]
    values["protocol"] = pairs.get("proto", "").partition("/")[0]
    _put(subject, values)


def read_symantec_web_security(subject: Subject, start: int) -> None:
    """Read user, address and URL from their numbered columns, and as id what begins with column 3."""
    pairs = dict(part.partition("=")[::2] for part in subject.log[start:].split(","))
    values = {name: pairs.get(number, "") for number, name in _WEB_SECURITY.items()}
    at = subject.log.find(",3=", start)
    values["id"] = subject.log[at + 1 :] if at >= 0 else ""
    _put(subject, values)


def read_forwarded_alert(subject: Subject, start: int) -> None:
    """Read an alert that another manager sent on: the rule it names is this event's rule."""
    found = _ALERT.search(subject.log, start)
    if found is None:
        return
    subject.replayed = int(found.group(1))
    parts: dict[str, str] = {match[1]: match[2] for match in _ALERT_PART.finditer(subject.log, found.end())}
    subject.location = parts.get("Location", "") or subject.location
    _put(subject, {name: parts.get(part, "") for part, name in _ALERT_NAMES.items()})


def _put(subject: Subject, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value:
            subject.put(target(name), value)


PLUGINS: dict[str, Plugin] = {
    "pf_decoder": read_pf,
    "sonicwall_decoder": read_sonicwall,
    "symantecws_decoder": read_symantec_web_security,
    "ossecalert_decoder": read_forwarded_alert,
}
"""By their names in lower case, as decoder files write them."""
