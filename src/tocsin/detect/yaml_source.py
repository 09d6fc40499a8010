"""Read a rule's YAML with the line of every top-level key, and refuse what YAML lets pass silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tocsin.core.errors import ContentError, Location

MAX_BYTES = 512 * 1024
"""A rule file larger than this is refused."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping as written: its values, the line of each key, and the text it came from."""

    path: str
    text: str
    values: dict[str, Any]
    lines: dict[str, int]

    def at(self, key: str = "") -> Location:
        """Return where a key stands; the first line when it does not."""
        return Location(self.path, self.lines.get(key, 1))

    def refuse(self, reason: str, key: str = "") -> ContentError:
        """Return the error that refuses the rule because of a key."""
        return ContentError(reason, location=self.at(key))


def read_source(path: str, text: str) -> Source:
    """Read one YAML mapping; raises `ContentError` with the line for anything else."""
    if len(text) > MAX_BYTES:
        raise ContentError(f"the file is larger than {MAX_BYTES // 1024} KiB", location=Location(path))
    try:
        return _compose(path, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)
        raise ContentError(f"not valid YAML: {error.problem or error.context}", location=place) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(f"not valid YAML: {error}", location=Location(path)) from error
    except RecursionError as error:
        raise ContentError("nested too deeply", location=Location(path)) from error


def _compose(path: str, text: str) -> Source:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ContentError("a rule is a mapping of options", location=Location(path, 1))
        _refuse_aliases(path, node, set())
        lines = _lines(path, node)
        return Source(path, text, loader.construct_document(node), lines)
    finally:
        loader.dispose()


def _lines(path: str, node: yaml.MappingNode) -> dict[str, int]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ContentError("an option's name is text", location=Location(path, line))
        if key.value in lines:
            raise ContentError(
                f"{key.value!r} is given twice, first in line {lines[key.value]}",
                location=Location(path, line),
            )
        lines[key.value] = line
    return lines


def _refuse_aliases(path: str, node: yaml.Node, seen: set[int]) -> None:
    """Refuse mappings and lists used twice: a few lines of them unfold without end."""
    if isinstance(node, yaml.ScalarNode):
        return
    if id(node) in seen:
        raise ContentError(
            "aliases of lists and mappings are refused", location=Location(path, node.start_mark.line + 1)
        )
    seen.add(id(node))
    for child in node.value:
        for inner in child if isinstance(child, tuple) else (child,):
            _refuse_aliases(path, inner, seen)
