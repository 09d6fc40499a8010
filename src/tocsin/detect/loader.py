"""Load rules from folders: what is bad is refused with file, line and reason, the rest is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.core.errors import ContentError, InvalidError, Location, Problem, TocsinError
from tocsin.detect.elastalert import ReadRule, read_elastalert
from tocsin.detect.rule import WatchRule
from tocsin.detect.sigma import read_sigma
from tocsin.detect.yaml_source import MAX_BYTES, Source, read_source

_SUFFIXES = frozenset({".yml", ".yaml"})
_CASES = (".cases.yml", ".cases.yaml")

MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules that were read and what was wrong with the others."""

    rules: tuple[WatchRule, ...]
    problems: tuple[Problem, ...]


def load_folders(folders: Sequence[Path]) -> Loaded:
    """Read every rule below the folders, in the order of their paths; cases beside rules are left out.

    Two rules with one identifier: the first stands, the second is a problem. A folder that is missing
    is a problem too.
    """
    rules: dict[str, WatchRule] = {}
    problems: list[Problem] = []
    for path in _files(folders, problems):
        try:
            read = read_file(path)
            _admit(read.rule, rules)
        except TocsinError as error:
            problems.append(Problem(error.location or Location(str(path)), error.message))
            continue
        problems += read.remarks
    return Loaded(tuple(rules.values()), tuple(problems))


def _admit(rule: WatchRule, rules: dict[str, WatchRule]) -> None:
    if other := rules.get(rule.id):
        raise ContentError(f"rule {rule.id!r} was read before, from {other.location}", location=rule.location)
    rules[rule.id] = rule


def _files(folders: Sequence[Path], problems: list[Problem]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(Location(str(folder)), "there is no such folder of rules"))
            continue
        found = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
        for path in found[:MAX_FILES]:
            if not path.name.endswith(_CASES):
                yield path
        if len(found) > MAX_FILES:
            problems.append(
                Problem(Location(str(folder)), f"more than {MAX_FILES} files: the rest is not read")
            )


def read_file(path: Path) -> ReadRule:
    """Read one rule file; raises `ContentError` that says where it is bad."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError("the file is too large for a rule", location=Location(str(path)))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ContentError("is not UTF-8 text", location=Location(str(path))) from error
    return read_text(str(path), text)


def read_text(path: str, text: str) -> ReadRule:
    """Read one rule from text: Sigma when it has `detection`, ElastAlert when it has `type`."""
    source = read_source(path, text)
    try:
        return _reader(source)(source, Path(path).stem)
    except InvalidError as error:
        raise ContentError(error.message, location=error.location or source.at()) from error


def _reader(source: Source) -> Callable[[Source, str], ReadRule]:
    if "detection" in source.values:
        return read_sigma
    if "correlation" in source.values:
        raise source.refuse("Sigma correlation rules are not supported yet", "correlation")
    if "type" in source.values or "filter" in source.values:
        return read_elastalert
    raise source.refuse("neither an ElastAlert rule (it has `type`) nor a Sigma rule (it has `detection`)")
