"""Load rules from folders: what is bad is refused with file, line and reason, the rest is loaded.

A file holds one rule, or several Sigma documents divided by `---`: rules, correlations over them, filters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.core.errors import ContentError, InvalidError, Location, Problem, TocsinError
from tocsin.core.yaml_source import Source
from tocsin.detect.correlation import Linked
from tocsin.detect.elastalert import ReadRule, read_elastalert
from tocsin.detect.rule import WatchRule, version_of
from tocsin.detect.rule_source import MAX_BYTES, read_rule_source
from tocsin.detect.sigma import Taxonomy, load_taxonomy, read_sigma
from tocsin.detect.sigma.cache import RuleCache
from tocsin.detect.sigma.collection import is_collection, unfolded
from tocsin.detect.sigma.correlations import bind, read_correlation
from tocsin.detect.sigma.filters import SigmaFilter, apply, read_filter

_SUFFIXES = frozenset({".yml", ".yaml"})
_CASES = (".cases.yml", ".cases.yaml")
_DIVIDER = re.compile(r"^---[ \t]*(?:#.*)?\r?$", re.MULTILINE)

MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules that were read and what was wrong with the others."""

    rules: tuple[WatchRule, ...]
    problems: tuple[Problem, ...]
    correlations: tuple[Linked, ...] = ()
    """The correlations among the rules, with what feeds them."""
    shadowed: Mapping[str, WatchRule] = field(default_factory=dict)
    """Rules of files in whose place an edit stands, by identifier."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A rule's text in force in place of its file's; of a rule without a file, `path` is a label."""

    rule_id: str
    path: str
    text: str


@dataclass(slots=True)
class _Reading:
    taxonomy: Taxonomy
    rules: dict[str, WatchRule] = field(default_factory=dict)
    filters: list[SigmaFilter] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    edits: dict[str, ReadRule] = field(default_factory=dict)
    """Those whose place among the rules has not come yet."""
    shadowed: dict[str, WatchRule] = field(default_factory=dict)

    def edit(self, edit: Edit) -> None:
        """Take an edit; one that cannot be read any more leaves its file in force."""
        try:
            read = read_document(read_rule_source(edit.path, edit.text), Path(edit.path).stem, self.taxonomy)
        except TocsinError as error:
            reason = f"the edit of {edit.rule_id} is not in force: {error.message}"
            self.problems.append(Problem(error.location or Location(edit.path), reason, edit.rule_id))
            return
        if isinstance(read, ReadRule):
            self.edits[edit.rule_id] = read

    def take(self, source: Source, name: str) -> WatchRule | None:
        """Take a document; return the rule it is when it can be kept as it was understood."""
        try:
            read = read_document(source, name, self.taxonomy)
            if isinstance(read, SigmaFilter):
                self.filters.append(read)
                return None
            self.admit(read)
        except TocsinError as error:
            self.problems.append(Problem(error.location or source.at(), error.message))
            return None
        return read.rule if "detection" in source.values and not read.remarks else None

    def admit(self, read: ReadRule) -> None:
        """Take a rule in; raises `ContentError` when another has its identifier."""
        if other := self.rules.get(read.rule.id):
            reason = f"rule {read.rule.id!r} was read before, from {other.location}"
            raise ContentError(reason, location=read.rule.location)
        if edited := self.edits.pop(read.rule.id, None):
            self.shadowed[read.rule.id] = read.rule
            read = edited
        self.rules[read.rule.id] = read.rule
        self.problems += read.remarks

    def loaded(self) -> Loaded:
        for read in list(self.edits.values()):
            self.rules[read.rule.id] = read.rule
            self.problems += read.remarks
        rules, unused = apply(tuple(self.rules.values()), self.filters, self.taxonomy)
        linked, kept, unlinked = bind(rules, self.taxonomy)
        return Loaded(tuple(kept), (*self.problems, *unused, *unlinked), tuple(linked), self.shadowed)


def load_folders(
    folders: Sequence[Path],
    taxonomy: Taxonomy | None = None,
    *,
    cache_folder: Path | None = None,
    edits: Sequence[Edit] = (),
) -> Loaded:
    """Read every rule below the folders, in the order of their paths; cases beside rules are left out.

    Two rules with one identifier: the first stands, the second is a problem. A folder that is missing
    is a problem too; a file in the place of a folder is read. With a `cache_folder`, Sigma rules that were
    read before are not read again. An edit stands in the place of the rule with its identifier.
    """
    tables = taxonomy or load_taxonomy()
    reading = _Reading(tables)
    for edit in edits:
        reading.edit(edit)
    cache = RuleCache(cache_folder, tables) if cache_folder is not None else None
    for path in _files(folders, reading.problems):
        try:
            _take_file(path, reading, cache)
        except TocsinError as error:
            reading.problems.append(Problem(error.location or Location(str(path)), error.message))
    if cache is not None:
        cache.save()
    return reading.loaded()


def _take_file(path: Path, reading: _Reading, cache: RuleCache | None) -> None:
    """Take a file's documents, a lone Sigma rule from the cache where it was read before."""
    text = _text(path)
    key = cache.key(f"{path.stem}\0{text}") if cache is not None else ""
    if cache is not None and (found := cache.find(str(path), text, key, version_of(text))):
        reading.admit(found)
        return
    sources = documents(str(path), text)
    if is_collection(sources):
        sources = unfolded(sources)
    taken = [reading.take(source, path.stem) for source in sources]
    if cache is not None and len(taken) == 1 and taken[0] is not None:
        cache.keep(key, taken[0])


def _files(folders: Sequence[Path], problems: list[Problem]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
            continue
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


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContentError("the file is too large for a rule", location=Location(str(path)))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ContentError("is not UTF-8 text", location=Location(str(path))) from error


def documents(path: str, text: str) -> list[Source]:
    """Return the documents of a file, each with its own lines; raises `ContentError`."""
    parts: list[tuple[int, str]] = []
    start = 0
    for divider in _DIVIDER.finditer(text):
        parts.append((start, text[start : divider.start()]))
        start = divider.end()
    parts.append((start, text[start:]))
    filled = [(at, part) for at, part in parts if not _is_empty(part)]
    if len(filled) < 2:
        return [read_rule_source(path, text)]
    found, line, counted = [], 1, 0
    for at, part in filled:
        line, counted = line + text.count("\n", counted, at), at
        found.append(read_rule_source(path, part, first_line=line))
    return found


def _is_empty(part: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in part.splitlines())


def read_file(path: Path) -> ReadRule:
    """Read one rule file; raises `ContentError` that says where it is bad."""
    return read_text(str(path), _text(path))


def read_text(path: str, text: str) -> ReadRule:
    """Read one rule from text: Sigma when it has `detection`, ElastAlert when it has `type`.

    A correlation alone is read but not bound to the rules it names: it matches nothing.
    """
    read = read_document(read_rule_source(path, text), Path(path).stem, load_taxonomy())
    if isinstance(read, SigmaFilter):
        raise read.source.refuse("this is a filter for other rules, not a rule", "filter")
    return read


def read_document(source: Source, name: str, taxonomy: Taxonomy) -> ReadRule | SigmaFilter:
    """Read one document; raises `ContentError`."""
    try:
        if "detection" in source.values:
            return read_sigma(source, name, taxonomy)
        if "correlation" in source.values:
            return ReadRule(read_correlation(source, name))
        if isinstance(source.values.get("filter"), dict) and "logsource" in source.values:
            return read_filter(source)
        if "type" in source.values or "filter" in source.values:
            return read_elastalert(source, name)
    except InvalidError as error:
        raise ContentError(error.message, location=error.location or source.at()) from error
    raise source.refuse("neither an ElastAlert rule (it has `type`) nor a Sigma rule (it has `detection`)")
