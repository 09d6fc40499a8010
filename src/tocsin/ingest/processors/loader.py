"""Read pipelines from YAML files: what is bad is refused with file, line and reason, the rest is loaded.

A file holds `pipeline` (its name), `sources` (globs over sources and files), `processors`, and may hold
`description`, `if` (a search) and `cases`. A processor is a mapping with one of the names in `options.py`,
and may have `if`, `ignore_failure` and `on_failure` (processors to run instead of noting the failure).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin.core.errors import ContentError, Location, Problem, TocsinError
from tocsin.core.suggestion import did_you_mean
from tocsin.core.yaml_source import MAX_BYTES, Source, read_source
from tocsin.core.yaml_source import Path as Place
from tocsin.ingest.processors.options import PROCESSORS, Surroundings, build
from tocsin.ingest.processors.pipeline import Condition, IngestPipeline, Step
from tocsin.query.dates import Dates
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import QueryError
from tocsin.query.predicate import compile_predicate

MAX_STEPS = 200
_KEYS = frozenset({"pipeline", "description", "sources", "if", "processors", "cases"})
_BESIDE = frozenset({"if", "ignore_failure", "on_failure"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read of the folders, and what was refused."""

    pipelines: tuple[IngestPipeline, ...]
    problems: tuple[Problem, ...]


def load_pipelines(folders: Iterable[Path], geoip: Path | None = None) -> Loaded:
    """Read every `*.yml` of the folders, by name within one; of two pipelines of a name the first stands."""
    found: dict[str, IngestPipeline] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yml")) if folder.is_dir() else ():
            try:
                pipeline = read_file(path, geoip)
            except ContentError as error:
                problems.append(Problem(error.location or Location(str(path)), error.message))
                continue
            if pipeline.name in found:
                reason = f"the pipeline is defined in {found[pipeline.name].path} too, which stands"
                problems.append(Problem(Location(str(path), 1), reason, pipeline.name))
                continue
            found[pipeline.name] = pipeline
    return Loaded(tuple(found.values()), tuple(problems))


def read_file(path: Path, geoip: Path | None = None) -> IngestPipeline:
    """Read one pipeline; raises `ContentError` that says where it is bad."""
    return read_text(str(path), read_source_file(path).text, Surroundings(path.parent, geoip))


def read_source_file(path: Path) -> Source:
    """Read a file's YAML; raises `ContentError`, with the line when it is not YAML."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError("the file is too large for a pipeline", location=Location(str(path)))
        return read_source(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ContentError("is not UTF-8 text", location=Location(str(path))) from error


def read_text(path: str, text: str, around: Surroundings) -> IngestPipeline:
    """Read one pipeline from text."""
    source = read_source(path, text)
    values = source.values
    if not isinstance(values, dict):
        raise source.refuse("a pipeline is a mapping with pipeline, sources and processors")
    for key in values:
        if key not in _KEYS:
            raise source.refuse(f"{key!r} is unknown here{_hint(key, _KEYS)}", (str(key),))
    name, sources = values.get("pipeline"), values.get("sources")
    if not isinstance(name, str) or not name or len(name) > 60 or not name.replace("-", "").isalnum():
        raise source.refuse("pipeline needs a name of letters, digits and hyphens, at most 60", ("pipeline",))
    if not isinstance(sources, list) or not all(isinstance(glob, str) for glob in sources):
        raise source.refuse("sources is a list of globs, such as syslog:* or /var/log/nginx/*", ("sources",))
    return IngestPipeline(
        name=name,
        sources=tuple(sources),
        steps=_steps(source, values.get("processors"), ("processors",), around),
        when=_condition(source, values.get("if"), ("if",)),
        path=path,
        description=str(values.get("description", "")),
    )


def _steps(source: Source, given: Any, place: Place, around: Surroundings) -> tuple[Step, ...]:
    if not isinstance(given, list) or not given or len(given) > MAX_STEPS:
        raise source.refuse(f"{place[-1]} is a list of 1 to {MAX_STEPS} processors", place)
    return tuple(_step(source, entry, (*place, index), around) for index, entry in enumerate(given))


def _step(source: Source, entry: Any, place: Place, around: Surroundings) -> Step:
    names = [key for key in entry if key not in _BESIDE] if isinstance(entry, dict) else []
    if len(names) != 1:
        raise source.refuse("a step is a mapping with one processor, such as grok: {...}", place)
    name = str(names[0])
    if name not in PROCESSORS:
        raise source.refuse(f"there is no processor {name!r}{_hint(name, PROCESSORS)}", (*place, name))
    ignore = entry.get("ignore_failure", False)
    if not isinstance(ignore, bool):
        raise source.refuse("ignore_failure is true or false", (*place, "ignore_failure"))
    instead = entry.get("on_failure")
    return Step(
        name,
        _processor(source, name, entry[name], (*place, name), around),
        _condition(source, entry.get("if"), (*place, "if")),
        ignore,
        _steps(source, instead, (*place, "on_failure"), around) if instead is not None else (),
    )


def _processor(source: Source, name: str, given: Any, place: Place, around: Surroundings) -> Any:
    try:
        return build(name, given, around)
    except msgspec.ValidationError as error:
        raise source.refuse(str(error), place) from error
    except TocsinError as error:
        raise source.refuse(error.message, place) from error
    except OSError as error:
        raise source.refuse(f"{error.filename}: {error.strerror}", place) from error
    except ValueError as error:
        raise source.refuse(str(error), place) from error


def _condition(source: Source, given: Any, place: Place) -> Condition | None:
    if given is None:
        return None
    try:
        return compile_predicate(parse_lucene(str(given), dates=Dates(None)))
    except QueryError as error:
        raise source.refuse(f"the condition is not a search: {error.message}", place) from error


def _hint(key: str, known: Mapping[str, Any] | frozenset[str]) -> str:
    return did_you_mean(key, known) or f" (there are: {', '.join(sorted(known))})"
