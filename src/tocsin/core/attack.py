"""Names of ATT&CK techniques and the tactics they serve.

What comes with Tocsin stands in `attack.tsv` beside this file: `identifier TAB name TAB tactics`, a comma
between two tactics, `#` for comments. A folder of rules may hold a file of that name and form with more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from tocsin.core.errors import Location, Problem

FILE_NAME = "attack.tsv"
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique or sub-technique."""

    name: str
    tactics: tuple[str, ...]


@lru_cache(maxsize=1)
def known_techniques() -> Mapping[str, Technique]:
    """Return the techniques that come with Tocsin, by identifier."""
    text = files("tocsin.core").joinpath(FILE_NAME).read_text("utf-8")
    return dict(filter(None, (_technique(line) for line in text.splitlines())))


def read_techniques(folders: Iterable[Path]) -> tuple[Mapping[str, Technique], list[Problem]]:
    """Return the techniques that come with Tocsin and those of the folders' own files, which go before."""
    found = dict(known_techniques())
    problems: list[Problem] = []
    for path in (folder / FILE_NAME for folder in folders):
        if not path.is_file():
            continue
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"larger than {MAX_BYTES} bytes")  # noqa: TRY301  # one place reports both
            lines = path.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            problems.append(Problem(Location(str(path)), f"cannot be read: {error}"))
            continue
        for number, line in enumerate(lines, start=1):
            technique = _technique(line)
            if technique is not None:
                found[technique[0]] = technique[1]
            elif line.strip() and not line.startswith("#"):
                reason = "not of the form: identifier, name, tactics, with tabs between"
                problems.append(Problem(Location(str(path), number), reason))
    return found, problems


def _technique(line: str) -> tuple[str, Technique] | None:
    parts = [part.strip() for part in line.split("\t")]
    if line.startswith("#") or len(parts) != 3 or not all(parts):
        return None
    identifier, name, tactics = parts
    return identifier, Technique(name, tuple(tactic.strip() for tactic in tactics.split(",")))
