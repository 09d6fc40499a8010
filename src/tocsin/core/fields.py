"""The event's field catalogue: ECS names with types, and the names other systems use for them.

Source: Elastic Common Schema 8 for the names; Wazuh 4 alert documents for the aliases, so that
searches, rules and dashboards written for `wazuh-alerts-*` keep working.
"""

from __future__ import annotations

from typing import Literal

FieldType = Literal["keyword", "text", "ip", "long", "double", "boolean", "date"]

MESSAGE = "message"
TIMESTAMP = "@timestamp"
EVENT_ID = "_id"
TIME_REFUSED = "event.time_refused"
"""The time an event claims, when it is too far from that of its reception to be its time."""

CATALOGUE: dict[str, FieldType] = {
    TIMESTAMP: "date",
    EVENT_ID: "keyword",
    MESSAGE: "text",
    "agent.id": "keyword",
    "agent.name": "keyword",
    "decoder.name": "keyword",
    "decoder.parent": "keyword",
    "destination.domain": "keyword",
    "destination.ip": "ip",
    "destination.port": "long",
    "error.message": "text",
    "event.action": "keyword",
    "event.code": "keyword",
    "event.created": "date",
    "event.dataset": "keyword",
    "event.ingested": "date",
    "event.kind": "keyword",
    "event.outcome": "keyword",
    "event.sequence": "long",
    "event.source": "keyword",
    TIME_REFUSED: "keyword",
    "file.gid": "keyword",
    "file.group": "keyword",
    "file.hash.md5": "keyword",
    "file.hash.sha1": "keyword",
    "file.hash.sha256": "keyword",
    "file.inode": "keyword",
    "file.mode": "keyword",
    "file.mtime": "date",
    "file.owner": "keyword",
    "file.path": "keyword",
    "file.size": "long",
    "file.uid": "keyword",
    "host.hostname": "keyword",
    "host.ip": "ip",
    "host.name": "keyword",
    "http.request.method": "keyword",
    "http.request.referrer": "keyword",
    "http.response.body.bytes": "long",
    "http.response.status_code": "long",
    "log.file.path": "keyword",
    "log.syslog.facility.code": "long",
    "log.syslog.severity.code": "long",
    "network.protocol": "keyword",
    "network.transport": "keyword",
    "observer.name": "keyword",
    "predecoder.timestamp": "keyword",
    "previous_log": "text",
    "previous_output": "text",
    "process.args": "keyword",
    "process.command_line": "text",
    "process.executable": "keyword",
    "process.name": "keyword",
    "process.parent.command_line": "text",
    "process.parent.executable": "keyword",
    "process.parent.pid": "long",
    "process.pid": "long",
    "process.working_directory": "keyword",
    "rule.description": "text",
    "rule.firedtimes": "long",
    "rule.frequency": "long",
    "rule.groups": "keyword",
    "rule.id": "keyword",
    "rule.level": "long",
    "server.port": "long",
    "source.geo.country_iso_code": "keyword",
    "source.ip": "ip",
    "source.port": "long",
    "source.user.name": "keyword",
    "threat.indicator.feed": "keyword",
    "threat.indicator.field": "keyword",
    "threat.indicator.id": "keyword",
    "threat.indicator.type": "keyword",
    "threat.indicator.value": "keyword",
    "threat.indicator.warninglist": "keyword",
    "threat.tactic.name": "keyword",
    "threat.technique.id": "keyword",
    "threat.technique.name": "keyword",
    "url.domain": "keyword",
    "url.full": "keyword",
    "url.original": "keyword",
    "user.effective.name": "keyword",
    "user.id": "keyword",
    "user.name": "keyword",
    "user_agent.original": "text",
}
"""Known fields and their types. A field not listed is typed by its values."""

ALIASES: dict[str, str] = {
    "timestamp": TIMESTAMP,
    "full_log": MESSAGE,
    "location": "log.file.path",
    "id": EVENT_ID,
    "manager.name": "observer.name",
    "agent.ip": "host.ip",
    "predecoder.hostname": "host.hostname",
    "predecoder.program_name": "process.name",
    "data.srcip": "source.ip",
    "data.srcport": "source.port",
    "data.srcuser": "source.user.name",
    "data.dstip": "destination.ip",
    "data.dstport": "destination.port",
    "data.dstuser": "user.name",
    "data.protocol": "network.protocol",
    "data.action": "event.action",
    "data.id": "event.code",
    "data.url": "url.original",
    "rule.mitre.id": "threat.technique.id",
    "rule.mitre.tactic": "threat.tactic.name",
    "rule.mitre.technique": "threat.technique.name",
    "syscheck.path": "file.path",
    "syscheck.event": "event.action",
    "syscheck.md5_after": "file.hash.md5",
    "syscheck.sha1_after": "file.hash.sha1",
    "syscheck.sha256_after": "file.hash.sha256",
    "syscheck.size_after": "file.size",
    "syscheck.uname_after": "file.owner",
    "syscheck.gname_after": "file.group",
    "syscheck.perm_after": "file.mode",
    "syscheck.mtime_after": "file.mtime",
    "syscheck.uid_after": "file.uid",
    "syscheck.gid_after": "file.gid",
    "syscheck.inode_after": "file.inode",
    "syscheck.audit.user.name": "user.name",
    "syscheck.audit.effective_user.name": "user.effective.name",
    "syscheck.audit.process.id": "process.pid",
    "syscheck.audit.process.name": "process.executable",
    "syscheck.audit.process.cwd": "process.working_directory",
    "syscheck.audit.process.ppid": "process.parent.pid",
    "syscheck.audit.process.parent_name": "process.parent.executable",
}
"""Names that mean a field of the catalogue. `.keyword` at the end of any name is dropped too."""

OURS = ("rule.", "decoder.", "agent.", "threat.")
"""Beginnings of what the platform itself says of an event, so that no log can say it."""
RESERVED = frozenset({TIMESTAMP, EVENT_ID, MESSAGE})
"""Names of properties of an event, which are no fields of it."""
ALIASES_OF_DATA: dict[str, str] = {
    f"data.{name}": name for name in CATALOGUE if name not in RESERVED and not name.startswith(OURS)
}
"""Wazuh's names for fields of a log that have ECS names there already."""

ADDRESS_FIELDS = tuple(name for name, kind in CATALOGUE.items() if kind == "ip")


def canonical(name: str) -> str:
    """Return the catalogue's name for a field given under any name we know; others come back as they are."""
    name = name.removesuffix(".keyword")
    return ALIASES.get(name) or ALIASES_OF_DATA.get(name, name)


def field_type(name: str) -> FieldType | None:
    """Return the declared type of a canonical field, or None for a field typed by its values."""
    return CATALOGUE.get(name)
