"""Read a single-event Sigma rule: its condition on our fields, asked about logs of its kind only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.core.errors import ContentError
from tocsin.core.fields import canonical
from tocsin.core.severity import Severity
from tocsin.detect.elastalert import ReadRule
from tocsin.detect.logsource import condition_for
from tocsin.detect.rule import Title, WatchRule, version_of
from tocsin.detect.yaml_source import Source
from tocsin.query.predicate import compile_predicate
from tocsin.query.sigma import SigmaMetadata, parse_sigma
from tocsin.query.tree import And, Node

LEVELS: Mapping[str, Severity] = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}

FIELDS: Mapping[str, str | Sequence[str]] = {
    "CommandLine": "process.command_line",
    "Image": "process.executable",
    "ParentImage": "process.parent.executable",
    "ParentCommandLine": "process.parent.command_line",
    "CurrentDirectory": "process.working_directory",
    "ProcessId": "process.pid",
    "ParentProcessId": "process.parent.pid",
    "User": "user.name",
    "TargetFilename": "file.path",
    "EventID": "event.code",
    "SourceIp": "source.ip",
    "SourcePort": "source.port",
    "DestinationIp": "destination.ip",
    "DestinationPort": "destination.port",
    "DestinationHostname": "destination.domain",
    "c-uri": ("url.full", "url.original"),
    "cs-uri": ("url.full", "url.original"),
    "cs-uri-query": ("url.full", "url.original"),
    "cs-uri-stem": ("url.full", "url.original"),
    "cs-method": "http.request.method",
    "sc-status": "http.response.status_code",
    "c-useragent": "user_agent.original",
    "cs-user-agent": "user_agent.original",
    "cs-referer": "http.request.referrer",
    "cs-host": "url.domain",
    "c-ip": "source.ip",
    "src_ip": "source.ip",
    "dst_ip": "destination.ip",
}
"""Sigma's field names to ours. Source: Sigma's taxonomy appendix for the names on the left."""


def read_sigma(source: Source, default_name: str) -> ReadRule:
    """Return the rule; raises `ContentError` with line and reason."""
    try:
        metadata, condition = parse_sigma(source.values, FIELDS, path=source.path)
    except ContentError as error:
        raise source.refuse(error.message, "detection") from error
    node = And((_log_source(source, metadata), condition))
    ours = _ours(source)
    rule = WatchRule(
        id=metadata.id or default_name,
        name=metadata.title or default_name,
        kind="sigma",
        version=version_of(source.text),
        severity=int(LEVELS.get(metadata.level.lower(), Severity.MEDIUM)),
        node=node,
        matches=compile_predicate(node),
        location=source.at(),
        text=source.text,
        description=metadata.description,
        title=_title(ours),
        tags=metadata.tags,
        techniques=metadata.techniques,
        key_fields=tuple(canonical(str(name)) for name in ours.get("group_by", [])),
        replaces=tuple(str(each) for each in ours.get("replaces", [])),
        enabled=metadata.status not in {"deprecated", "unsupported"},
    )
    return ReadRule(rule)


def _log_source(source: Source, metadata: SigmaMetadata) -> Node:
    found = condition_for(metadata.product, metadata.category, metadata.service)
    if found is None:
        named = "/".join(part or "*" for part in (metadata.product, metadata.category, metadata.service))
        reason = f"the log source {named} (product/category/service) is not mapped to our events"
        raise source.refuse(reason, "logsource")
    return found


def _ours(source: Source) -> Mapping[str, Any]:
    """Our own key, which other Sigma tools ignore as the specification tells them to."""
    ours = source.values.get("tocsin", {})
    known = {"title", "title_fields", "group_by", "replaces"}
    if not isinstance(ours, Mapping) or set(ours) - known:
        raise source.refuse(f"tocsin holds {', '.join(sorted(known))}", "tocsin")
    for key in known - {"title"}:
        if not isinstance(ours.get(key, []), list):
            raise source.refuse(f"tocsin: {key} is a list", "tocsin")
    return ours


def _title(ours: Mapping[str, Any]) -> Title | None:
    if "title" not in ours:
        return None
    return Title(str(ours["title"]), tuple(canonical(str(name)) for name in ours.get("title_fields", [])))
