"""Host information: which ports a network scan (nmap) found open on a host.

Source of the text: `Host: 192.0.2.1 (name), open ports: 22(tcp) 80(tcp)`, as Wazuh's agent makes it of a
scan's result.
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.decode.builtin.values import as_bytes, put, store
from tocsin.decode.subject import Subject
from tocsin.decode.tracked import ANY, FIRST, Reading, Tracked

_NEW, _MODIFIED = "hostinfo_new", "hostinfo_modified"
NAMES: frozenset[str] = frozenset({_NEW, _MODIFIED})
_HOST = re.compile(r"Host: (?P<ip>[^\s,]{1,45})(?: \((?P<name>[^)\n]{0,255})\))?,\s*(?P<ports>[^\n]*)")


def read_hostinfo(subject: Subject, raw: bytes) -> Any:
    """Read one host of a scan; the decoder's name says whether it is new or has changed.

    Raises `ValueError` for a text of another form.
    """
    text = raw.decode("utf-8", "replace").strip()
    found = _HOST.match(text)
    if found is None:
        raise ValueError("not of the form `Host: ADDRESS (NAME), open ports: ..`")
    subject.decoder, subject.category = _NEW, "ossec"
    subject.rewrite(as_bytes(text))
    put(subject, "ip", "data.ip", found["ip"])
    store(subject, "host.ip", found["ip"])
    put(subject, "ports", "data.ports", found["ports"])
    key = "\x1f".join(["hostinfo", subject.agent, found["ip"]])
    subject.tracked = Tracked(key, found["ports"], (Reading(FIRST), Reading(ANY, decoder=_MODIFIED)))
