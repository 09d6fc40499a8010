"""Sigma rules as they were understood, kept between runs so that thousands of them load at once.

One file holds, for each rule's text, what reading it gave. Its key is a hash of the text, of the tables of
log sources and fields, and of the program that read it: what has changed in any of them is read anew. The
file is data only (MessagePack); one that is damaged, of another make or too large counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

import tocsin
from tocsin.core.errors import Location
from tocsin.detect.elastalert import ReadRule
from tocsin.detect.lazy import LazyPredicate
from tocsin.detect.rule import Title, WatchRule
from tocsin.detect.sigma.mapping import Taxonomy
from tocsin.query import tree
from tocsin.query.tree import And, Node, Not, Or

_FORMAT = 2
MAX_BYTES = 256 * 1024 * 1024
MAX_RULES = 50_000
_FILE = "sigma-rules.msgpack"

_LEAVES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(tree.Everything, tree.Nothing, tree.Exists, tree.Term, tree.OneOf, tree.Wildcard, tree.Regex),
        *(tree.Range, tree.InNetwork, tree.Text, tree.SameAs, tree.DatePart),
    )
}


class _Kept(msgspec.Struct, array_like=True):
    """What of a rule is not in its text, or costs to find there."""

    id: str
    name: str
    severity: int
    condition: list[Any]
    line: int
    description: str
    title: str | None
    title_fields: tuple[str, ...]
    tags: tuple[str, ...]
    techniques: tuple[str, ...]
    key_fields: tuple[str, ...]
    replaces: tuple[str, ...]
    enabled: bool
    level: str
    status: str
    logsource: str
    reference: str


class _File(msgspec.Struct):
    format: int
    rules: dict[str, _Kept]


class RuleCache:
    """What was read before, by the hash of the text. Call `save` when all rules are read."""

    def __init__(self, folder: Path, taxonomy: Taxonomy) -> None:
        self._path = folder / _FILE
        self._taxonomy = taxonomy
        self._make = f"{_FORMAT} {tocsin.__version__} {version('pysigma')} {taxonomy.digest}"
        self._known = self._load()
        self._used: dict[str, _Kept] = {}
        self.hits = 0

    def _load(self) -> dict[str, _Kept]:
        try:
            if self._path.stat().st_size > MAX_BYTES:
                return {}
            read = msgspec.msgpack.decode(self._path.read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError, RecursionError):
            return {}
        return read.rules if read.format == _FORMAT else {}

    def key(self, text: str) -> str:
        """Return the key of a rule's text."""
        return hashlib.sha256(f"{self._make}\0{text}".encode()).hexdigest()

    def find(self, path: str, text: str, key: str, rule_version: str) -> ReadRule | None:
        """Return the rule if it was read before and can be made again; None otherwise."""
        kept = self._known.get(key)
        if kept is None:
            return None
        try:
            rule = _made(kept, path, text, rule_version, self._taxonomy)
        except (TypeError, ValueError, KeyError, IndexError, RecursionError):
            return None  # damaged in a way the format does not show
        if rule is None:
            return None
        self.hits += 1
        self._used[key] = kept
        return ReadRule(rule)

    def keep(self, key: str, rule: WatchRule) -> None:
        """Remember a rule that was read now."""
        if len(self._used) < MAX_RULES and isinstance(rule.node, And) and rule.scope is not None:
            with contextlib.suppress(TypeError):
                self._used[key] = _kept(rule)

    def save(self) -> None:
        """Write what is new; a folder that cannot be written is as good as none."""
        if self._used.keys() <= self._known.keys():
            return
        together = self._known | self._used
        kept = together if len(together) <= MAX_RULES else self._used
        content = msgspec.msgpack.encode(_File(_FORMAT, kept))
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=_FILE)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                os.replace(name, self._path)
            except OSError:
                os.unlink(name)
                raise


def _kept(rule: WatchRule) -> _Kept:
    rest = rule.node.args[1:]  # type: ignore[union-attr]  # `keep` looked
    title = rule.title
    return _Kept(
        rule.id,
        rule.name,
        rule.severity,
        as_list(rest[0] if len(rest) == 1 else And(rest)),
        rule.location.line,
        rule.description,
        title.template if title else None,
        title.fields if title else (),
        rule.tags,
        rule.techniques,
        rule.key_fields,
        rule.replaces,
        rule.enabled,
        rule.level,
        rule.status,
        rule.logsource,
        rule.reference,
    )


def _made(kept: _Kept, path: str, text: str, rule_version: str, taxonomy: Taxonomy) -> WatchRule | None:
    scope = taxonomy.scope_named(kept.logsource)
    if scope is None:
        return None
    node = And((scope, as_node(kept.condition)))
    return WatchRule(
        id=kept.id,
        name=kept.name,
        kind="sigma",
        version=rule_version,
        severity=kept.severity,
        node=node,
        matches=LazyPredicate(node),
        location=Location(path, kept.line),
        text=text,
        description=kept.description,
        title=None if kept.title is None else Title(kept.title, kept.title_fields),
        tags=kept.tags,
        techniques=kept.techniques,
        key_fields=kept.key_fields,
        replaces=kept.replaces,
        enabled=kept.enabled,
        level=kept.level,
        status=kept.status,
        logsource=kept.logsource,
        reference=kept.reference,
        scope=scope,
    )


def as_list(node: Node) -> list[Any]:
    """Return a condition as plain lists: the name of its kind, then what it holds."""
    if isinstance(node, And | Or):
        return [type(node).__name__, *map(as_list, node.args)]
    if isinstance(node, Not):
        return ["Not", as_list(node.arg)]
    return [type(node).__name__, *(getattr(node, each.name) for each in dataclass_fields(node))]


def as_node(parts: list[Any]) -> Node:
    """Return the condition; raises `KeyError`, `TypeError`, `ValueError` or `IndexError` for what is none."""
    kind = parts[0]
    if kind in _JOINS:
        return _JOINS[kind](tuple(as_node(part) for part in parts[1:]))
    if kind == "Not":
        return Not(as_node(parts[1]))
    values = (tuple(value) if isinstance(value, list) else value for value in parts[1:])
    leaf: Node = _LEAVES[kind](*values)
    return leaf


_JOINS: dict[str, Callable[[tuple[Node, ...]], Node]] = {"And": And, "Or": Or}


def user_folder() -> Path:
    """Return the folder of caches of the user who runs the program, as XDG names it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tocsin"
