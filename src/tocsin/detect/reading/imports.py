"""Put the files a rule imports under it: their options where it has none, their filters before its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.core.errors import ContentError
from tocsin.core.yaml_source import Source
from tocsin.detect.rule_source import MAX_BYTES, read_rule_source

MAX_DEPTH = 8
"""Files importing files."""

_MERGED = "filter"


def with_imports(source: Source, root: Path | None = None, seen: tuple[Path, ...] = ()) -> Source:
    """Return the rule with what it imports: YAML files in its folder, in the one above, or below those.

    Raises `ContentError` for a file that is missing, lies elsewhere or imports itself, and for a rule that is
    no file itself, because it could name any file of the server.
    """
    given = source.values.get("import")
    if given is None:
        return source
    names = given if isinstance(given, list) else [given]
    values: dict[str, Any] = {}
    filters: list[Any] = []
    for name in names:
        imported = _read(source, str(name), root, seen)
        filters += _listed(imported.values.get(_MERGED))
        values.update({key: value for key, value in imported.values.items() if key != _MERGED})
    filters += _listed(source.values.get(_MERGED))
    values.update({key: value for key, value in source.values.items() if key not in {_MERGED, "import"}})
    if filters or _MERGED in source.values:
        values[_MERGED] = filters
    return replace(source, values=values)


def _read(source: Source, name: str, root: Path | None, seen: tuple[Path, ...]) -> Source:
    own = Path(source.path).resolve()
    path = (own.parent / name).resolve()
    within = root if root is not None else own.parent.parent
    if not own.is_file():
        raise source.refuse("import: only a rule that is read from a file can import", "import")
    if not path.is_relative_to(within) or path.suffix not in {".yml", ".yaml"}:
        raise source.refuse(f"import: {name!r} is no YAML file in the rule's folder or beside it", "import")
    if path in {own, *seen}:
        raise source.refuse(f"import: {name!r} imports itself", "import")
    if len(seen) >= MAX_DEPTH:
        raise source.refuse(f"import: more than {MAX_DEPTH} files deep", "import")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise source.refuse(f"import: {name!r} is too large", "import")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise source.refuse(f"import: {name!r} cannot be read: {error}", "import") from error
    try:
        return with_imports(read_rule_source(str(path), text), within, (*seen, own))
    except ContentError as error:
        raise source.refuse(f"import: {error}", "import") from error


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
