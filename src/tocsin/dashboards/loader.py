"""Dashboards in files: those that come with Tocsin and those of the folders an operator names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.core.errors import ContentError, Location, Problem
from tocsin.dashboards.model import Dashboard
from tocsin.dashboards.reading import dashboard_from
from tocsin.dashboards.source import MAX_BYTES, Faults, read_json, written


@dataclass(frozen=True, slots=True)
class Shelf:
    """Dashboards from files, by id (the file's name without `.json`), and what was refused."""

    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def load_shelf(folders: Iterable[Path]) -> Shelf:
    """Read every `*.json` of the folders; of two of one name the first stands."""
    found: dict[str, Dashboard] = {}
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(Location(str(folder)), "there is no such folder"))
            continue
        for path in sorted(folder.glob("*.json")):
            dashboard, faults = read_file(path)
            problems.extend(faults)
            if dashboard is not None and path.stem in found:
                reason = f"another dashboard has the name {path.stem}"
                problems.append(Problem(Location(str(path)), reason))
            elif dashboard is not None:
                found[path.stem] = dashboard
    return Shelf(found, tuple(problems))


def read_file(path: Path) -> tuple[Dashboard | None, list[Problem]]:
    """Return the dashboard of a file, or None and everything that is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
        source = read_json(str(path), text)
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(Location(str(path)), f"cannot be read: {error}")]
    except ContentError as error:
        return None, [Problem(error.location or Location(str(path)), error.message)]
    faults = Faults()
    dashboard = dashboard_from(source.values, faults)
    problems = [Problem(source.at(place), reason, written(place)) for place, reason in faults.found]
    return (None if problems else dashboard), problems
