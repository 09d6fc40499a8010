"""CDB lists: text files of `key:value` lines that rules look values up in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.core.errors import Location, Problem

MAX_LIST_BYTES = 256 * 1024 * 1024
_LINE = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^:"]*)):(?:"(.*)"|(.*?))\s*$')


def read_lists(folders: Iterable[Path]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """Return every list below the folders by its path relative to them (`malicious-ioc/malicious-ip`).

    Text is bytes read as Latin-1. A line without a colon is skipped; the first of equal keys wins.
    """
    lists: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".cdb" and not path.name.startswith("."):
                _read(path, path.relative_to(folder).as_posix(), lists, problems)
    return lists, problems


def _read(path: Path, name: str, lists: dict[str, dict[str, str]], problems: list[Problem]) -> None:
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            problems.append(Problem(Location(str(path)), f"larger than {MAX_LIST_BYTES} bytes"))
            return
        text = path.read_bytes().decode("latin-1")
    except OSError as error:
        problems.append(Problem(Location(str(path)), f"cannot be read: {error.strerror}"))
        return
    entries = lists.setdefault(name, {})
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            key = match.group(1) if match.group(1) is not None else match.group(2)
            entries.setdefault(key, match.group(3) if match.group(3) is not None else match.group(4))


def find_list(lists: Mapping[str, dict[str, str]], name: str) -> dict[str, str] | None:
    """Return the list a rule names: `etc/lists/X` as upstream writes it, or `lists/X`, or `X`."""
    for prefix in ("etc/lists/", "lists/"):
        name = name.removeprefix(prefix)
    return lists.get(name)
