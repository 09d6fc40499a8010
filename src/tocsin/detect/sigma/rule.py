"""Read a single-event Sigma rule: its condition on our fields, asked about logs of its kind only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.errors import ContentError
from tocsin.core.fields import canonical
from tocsin.core.severity import Severity
from tocsin.core.yaml_source import Source
from tocsin.detect.elastalert import ReadRule
from tocsin.detect.lazy import LazyPredicate
from tocsin.detect.rule import Title, WatchRule, version_of
from tocsin.detect.sigma.mapping import LogSource, Taxonomy, load_taxonomy
from tocsin.query.sigma import SigmaMetadata, parse_sigma
from tocsin.query.tree import And, Exists, Node, Not, Or, Term

LEVELS: Mapping[str, Severity] = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}

OFF = frozenset({"deprecated", "unsupported"})


def read_sigma(source: Source, default_name: str, taxonomy: Taxonomy | None = None) -> ReadRule:
    """Return the rule; raises `ContentError` with line and reason."""
    tables = taxonomy or load_taxonomy()
    asked = _log_source(source)
    try:
        metadata, condition = parse_sigma(
            _plain_modifiers(source.values),
            tables.names(asked),
            path=source.path,
            placeholders=tables.placeholders,
        )
    except ContentError as error:
        raise source.refuse(error.message, "detection") from error
    scope = tables.scope(asked)
    if scope is None:
        reason = f"the log source {asked} (product/category/service) is not mapped to our events"
        raise source.refuse(reason, "logsource")
    if marker := tables.empty_is_absent(asked):
        condition = _with_absent(condition, marker)
    return ReadRule(_watch_rule(source, metadata, (scope, condition), asked, default_name))


def _watch_rule(
    source: Source, metadata: SigmaMetadata, nodes: tuple[Node, Node], asked: LogSource, default_name: str
) -> WatchRule:
    ours = _ours(source)
    node = And(nodes)
    return WatchRule(
        id=metadata.id or default_name,
        name=metadata.title or default_name,
        kind="sigma",
        version=version_of(source.text),
        severity=int(LEVELS.get(metadata.level, Severity.MEDIUM)),
        node=node,
        matches=LazyPredicate(node),
        location=source.at("title"),
        text=source.text,
        description=metadata.description,
        title=_title(ours),
        tags=metadata.tags,
        techniques=metadata.techniques,
        key_fields=tuple(canonical(str(name)) for name in ours.get("group_by", [])),
        replaces=tuple(str(each) for each in ours.get("replaces", [])),
        enabled=metadata.status not in OFF,
        level=metadata.level or "medium",
        status=metadata.status,
        logsource=str(asked),
        reference=str(source.values.get("name") or ""),
        scope=nodes[0],
    )


def _log_source(source: Source) -> LogSource:
    found = source.values.get("logsource")
    if not isinstance(found, Mapping):
        raise source.refuse("a Sigma rule says its logsource", "logsource")
    parts = {key: str(found.get(key) or "").lower() for key in ("product", "category", "service")}
    return LogSource(**parts)


def _plain_modifiers(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the rule with the modifier `utf16le` under the name pySigma knows it by."""
    detection = document.get("detection")
    if not isinstance(detection, Mapping) or "utf16le" not in str(detection):
        return document
    return {**document, "detection": _renamed(detection)}


def _renamed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_modifiers(key): _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _modifiers(key: Any) -> Any:
    if not isinstance(key, str) or "|" not in key:
        return key
    name, *modifiers = key.split("|")
    return "|".join([name, *("wide" if each == "utf16le" else each for each in modifiers)])


def _with_absent(node: Node, marker: str) -> Node:
    """Let an empty text, or a dash, also mean absence in events whose decoder leaves such values out."""
    match node:
        case And(args):
            return And(tuple(_with_absent(arg, marker) for arg in args))
        case Or(args):
            return Or(tuple(_with_absent(arg, marker) for arg in args))
        case Not(arg):
            return Not(_with_absent(arg, marker))
        case Term(name, "" | "-"):
            return Or((node, And((Exists(marker), Not(Exists(name))))))
    return node


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
