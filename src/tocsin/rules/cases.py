"""Cases beside content: lines, and what must come of the last one.

`NAME.cases.yml` stands next to `NAME.xml` and holds a list of
`{name, line: "..." | lines: [..], kind?, location?, expect: {rule: "100110" | null, level?, decoder?,
fields?: {ecs: value | null}}}`. Every case meets a fresh memory; its lines are a second apart unless
they state times of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.errors import Location, Problem
from tocsin.core.event import Event
from tocsin.core.record import Kind, Record
from tocsin.rules.correlation import Correlation
from tocsin.rules.ruleset import Ruleset

MAX_CASE_FILE_BYTES = 8 * 1024 * 1024
COLLECTED_AT = from_iso("2030-01-01T00:00:00Z")
"""When the lines of a case are taken to be collected, so that a case means the same on any day."""
SUFFIX = ".cases.yml"


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come of the last line; what is not named does not matter."""

    rule: str | int | msgspec.UnsetType | None = msgspec.UNSET
    """The rule's id, or null when no rule may hold."""
    level: int | None = None
    decoder: str | None = None
    fields: dict[str, Any] = {}
    """Event fields and their values; null: the field is absent."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case as its author wrote it."""

    name: str
    expect: Expectation
    line: str | None = None
    lines: list[str] = []
    kind: Kind = "line"
    location: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a case; it passed when there are no failures."""

    name: str
    file: str
    line: int
    failures: tuple[str, ...]


def run_cases(ruleset: Ruleset, files: Sequence[Path]) -> tuple[list[Outcome], list[Problem]]:
    """Run every case of the files; returns their outcomes, and what could not be read as a case."""
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for file in files:
        for line, found in read_cases(file):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                outcomes.append(Outcome(found.name, str(file), line, tuple(_failures(ruleset, found))))
    return outcomes, problems


def case_files(path: Path) -> list[Path]:
    """Return the case files of a content folder, or of one file of content or cases."""
    if path.is_dir():
        return sorted(file for folder in ("decoders", "rules") for file in (path / folder).glob("*" + SUFFIX))
    beside = path if path.name.endswith(SUFFIX) else path.with_name(path.stem + SUFFIX)
    return [beside] if beside.is_file() else []


def read_cases(file: Path) -> Iterator[tuple[int, Case | Problem]]:
    """Yield the cases of a file with their lines, and a problem for each that is malformed."""
    try:
        root = yaml.compose(_read(file), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        yield 0, Problem(Location(str(file)), f"cannot be read: {error}")
        return
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        yield 1, Problem(Location(str(file), 1), "a list of cases is expected")
        return
    for node in root.value:
        line = node.start_mark.line + 1
        yield line, _case(node, Location(str(file), line))


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        content = stream.read(MAX_CASE_FILE_BYTES + 1)
    if len(content) > MAX_CASE_FILE_BYTES:
        raise ValueError(f"larger than {MAX_CASE_FILE_BYTES} bytes")
    return content.decode()


def _case(node: yaml.Node, location: Location) -> Case | Problem:
    try:
        case = msgspec.convert(_plain(node), Case, strict=False)
    except (msgspec.ValidationError, yaml.YAMLError, RecursionError) as error:
        return Problem(location, str(error))
    if (case.line is None) == (not case.lines):
        return Problem(location, "either `line` or `lines` is needed", case.name)
    return case


def _plain(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _failures(ruleset: Ruleset, case: Case) -> Iterator[str]:
    event = _play(ruleset, case)
    expect, fields = case.expect, event.fields
    if expect.rule is not msgspec.UNSET:
        wanted = None if expect.rule is None else str(expect.rule)
        yield from _differs("rule.id", wanted, fields)
    if expect.level is not None:
        yield from _differs("rule.level", expect.level, fields)
    if expect.decoder is not None:
        yield from _differs("decoder.name", expect.decoder, fields)
    for name, value in expect.fields.items():
        yield from _differs(name, value, fields)


def _differs(name: str, expected: Any, fields: Mapping[str, Any]) -> Iterator[str]:
    found = fields.get(name)
    if found != expected:
        yield f"{name}: expected {expected!r}, found {found!r}"


def _play(ruleset: Ruleset, case: Case) -> Event:
    lines = case.lines or [case.line or ""]
    records = [
        Record(
            source="cases",
            seq=number,
            raw=line.encode("utf-8", "surrogateescape"),
            collected_at=COLLECTED_AT + number * SECOND,
            kind=case.kind,
            location=case.location,
        )
        for number, line in enumerate(lines, start=1)
    ]
    classified = ruleset.classify(records)
    for one in classified:
        one.event.received_at = one.event.at  # a line that states a time is taken to be read at that time
    return Correlation(ruleset).settle(classified)[-1]
