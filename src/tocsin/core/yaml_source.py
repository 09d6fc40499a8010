"""Read a file of YAML with the line of everything in it, so that a refusal can point at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from tocsin.core.errors import ContentError, Location

MAX_BYTES = 256 * 1024

Path = tuple[str | int, ...]

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a document may be: characters, how deep it is nested, keys and list entries in all."""

    characters: int = MAX_BYTES
    depth: int = 20
    entries: int = 20_000


_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Source:
    """A document as written: its values, and the line of every key and list entry."""

    path: str
    text: str
    values: Any
    lines: dict[Path, int]

    def at(self, path: Path | str = ()) -> Location:
        """Return where something stands, or the nearest thing around it; a text is a key at the top."""
        path = (path,) if isinstance(path, str) else path
        while path and path not in self.lines:
            path = path[:-1]
        return Location(self.path, self.lines.get(path, 1))

    def refuse(self, reason: str, path: Path | str = ()) -> ContentError:
        """Return the error that refuses the document because of something in it."""
        return ContentError(reason, location=self.at(path))


def read_source(path: str, text: str, bounds: Bounds = _BOUNDS, *, first_line: int = 1) -> Source:
    """Read one YAML document; raises `ContentError` with the line when it is none.

    A key given twice is refused, and so is a mapping or list used twice: a few lines of them unfold without
    end. `first_line` is the line of the file at which the text begins.
    """
    if len(text) > bounds.characters:
        raise ContentError(
            f"the file is larger than {bounds.characters // 1024} KiB", location=Location(path)
        )
    above = first_line - 1
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        walk = _Walk(path, bounds, above)
        walk.take(node, ())
        return Source(path, text, loader.construct_document(node) if node else None, walk.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Location(path, above + mark.line + 1, mark.column + 1) if mark else Location(path)
        raise ContentError(f"not valid YAML: {error.problem or error.context}", location=place) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(f"not valid YAML: {error}", location=Location(path)) from error
    except RecursionError as error:
        raise ContentError("nested too deeply", location=Location(path)) from error
    finally:
        loader.dispose()


@dataclass(slots=True)
class _Walk:
    """Notes the line of every key and list entry."""

    file: str
    bounds: Bounds
    above: int
    lines: dict[Path, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def take(self, node: yaml.Node | None, path: Path) -> None:
        if node is None:
            return
        self.lines.setdefault(path, self._line(node))
        if len(self.lines) > self.bounds.entries:
            raise self._refused(f"more than {self.bounds.entries} entries")
        if len(path) > self.bounds.depth:
            raise self._refused(f"nested more than {self.bounds.depth} deep", self.lines[path])
        if isinstance(node, yaml.ScalarNode):
            return
        if id(node) in self.seen:
            raise self._refused("aliases of lists and mappings are refused", self._line(node))
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, path)
        else:
            for position, value in enumerate(node.value):
                self.take(value, (*path, position))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> None:
        for key, value in node.value:
            inner = (*path, str(key.value))
            line = self._line(key)
            if inner in self.lines:
                reason = f"{key.value!r} is given twice, first in line {self.lines[inner]}"
                raise self._refused(reason, line)
            self.lines[inner] = line
            self.take(value, inner)

    def _line(self, node: yaml.Node) -> int:
        return self.above + int(node.start_mark.line) + 1

    def _refused(self, reason: str, line: int = 0) -> ContentError:
        return ContentError(reason, location=Location(self.file, line))
