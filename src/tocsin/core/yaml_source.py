"""Read a file of YAML with the line of everything in it, so that a refusal can point at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tocsin.core.errors import ContentError, Location

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
"""Also what bounds a file whose aliases unfold without end."""

Path = tuple[str | int, ...]

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A document as written: its values, and the line of every key and list entry."""

    path: str
    text: str
    values: Any
    lines: dict[Path, int]

    def at(self, path: Path = ()) -> Location:
        """Return where something stands, or the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return Location(self.path, self.lines.get(path, 1))

    def refuse(self, reason: str, path: Path = ()) -> ContentError:
        """Return the error that refuses the document because of something in it."""
        return ContentError(reason, location=self.at(path))


def read_source(path: str, text: str) -> Source:
    """Read one YAML document; raises `ContentError` with the line when it is none."""
    if len(text) > MAX_BYTES:
        raise ContentError(f"the file is larger than {MAX_BYTES // 1024} KiB", location=Location(path))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        _walk(path, node, (), lines)
        return Source(path, text, loader.construct_document(node) if node else None, lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)
        raise ContentError(f"not valid YAML: {error.problem or error.context}", location=place) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContentError(f"not valid YAML: {error}", location=Location(path)) from error
    finally:
        loader.dispose()


def _walk(file: str, node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> None:
    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > MAX_NODES:
        raise ContentError(f"more than {MAX_NODES} entries", location=Location(file))
    if len(path) > MAX_DEPTH:
        raise ContentError(f"nested more than {MAX_DEPTH} deep", location=Location(file, lines[path]))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                raise ContentError(f"{key.value!r} is given twice", location=Location(file, line))
            lines[inner] = line
            _walk(file, value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _walk(file, value, (*path, position), lines)
