"""Sigma's log sources as conditions on our events: a rule is asked only about logs of its kind.

Keys are Sigma's (product, category, service); an empty text matches any. The most specific entry wins.
Conditions are written in the query language. Source of the keys: Sigma's log source taxonomy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Node

LOG_SOURCES: Mapping[tuple[str, str, str], str] = {
    ("", "webserver", ""): "_exists_:http.request.method AND _exists_:url.original",
    ("", "proxy", ""): "_exists_:http.request.method AND _exists_:url.full",
    ("apache", "", ""): "_exists_:http.request.method AND _exists_:url.original",
    ("nginx", "", ""): "_exists_:http.request.method AND _exists_:url.original",
    ("", "", "apache"): "decoder.name:(apache* OR web*)",
    ("", "", "nginx"): "decoder.name:(nginx* OR web*)",
    ("linux", "network_connection", ""): "_exists_:destination.ip AND _exists_:process.executable",
    ("linux", "", "sshd"): "process.name:sshd*",
    ("linux", "", "sudo"): "process.name:sudo",
    ("linux", "", "su"): "process.name:su",
    ("linux", "", "cron"): "process.name:(cron OR crond OR CRON OR crontab)",
    ("linux", "", "auth"): "process.name:(sshd* OR sudo OR su OR login OR useradd OR usermod OR passwd)",
    ("linux", "", "auditd"): "decoder.name:auditd*",
    ("linux", "", "syslog"): "decoder.name:* AND NOT decoder.name:(json OR windows*)",
    ("linux", "process_creation", ""): "_exists_:process.executable OR _exists_:process.command_line",
    ("linux", "file_event", ""): "_exists_:file.path AND event.action:(added OR modified OR created)",
    ("linux", "", ""): "NOT decoder.name:windows*",
    ("windows", "process_creation", ""): "event.code:(1 OR 4688) AND decoder.name:windows*",
    ("windows", "network_connection", ""): "event.code:3 AND decoder.name:windows*",
    ("windows", "image_load", ""): "event.code:7 AND decoder.name:windows*",
    ("windows", "file_event", ""): "event.code:11 AND decoder.name:windows*",
    ("windows", "registry_set", ""): "event.code:13 AND decoder.name:windows*",
    ("windows", "dns_query", ""): "event.code:22 AND decoder.name:windows*",
    ("windows", "", "security"): "decoder.name:windows*",
    ("windows", "", "system"): "decoder.name:windows*",
    ("windows", "", ""): "decoder.name:windows*",
}


def condition_for(product: str, category: str, service: str) -> Node | None:
    """Return what an event of the log source satisfies; None when the log source is not mapped."""
    asked = (product.lower(), category.lower(), service.lower())
    found = LOG_SOURCES.get(asked) or LOG_SOURCES.get(("", *asked[1:]))
    return _parsed(found) if found else None


@cache
def _parsed(text: str) -> Node:
    return parse_lucene(text)
