"""CDB lists: text files of `key:value` lines that rules look values up in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.core.errors import Location, Problem

MAX_LIST_BYTES = 256 * 1024 * 1024
_QUOTED = re.compile(r'"([^"]*)":')


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
    for line in text.split("\n"):
        found = _entry(line.strip())
        if found is not None:
            entries.setdefault(*found)


def _entry(line: str) -> tuple[str, str] | None:
    """Return key and value, either of which may stand in double quotes; None without a colon."""
    quoted = _QUOTED.match(line)
    key, colon, value = (quoted[1], ":", line[quoted.end() :]) if quoted else line.partition(":")
    if not colon:
        return None
    if len(value) > 1 and value[0] == '"' == value[-1]:
        value = value[1:-1]
    return key, value


def find_list(lists: Mapping[str, dict[str, str]], name: str) -> dict[str, str] | None:
    """Return the list a rule names: `etc/lists/X` as upstream writes it, or `lists/X`, or `X`."""
    for prefix in ("etc/lists/", "lists/"):
        name = name.removeprefix(prefix)
    return lists.get(name)
