"""Import of a Wazuh ruleset into the content store, first time and again.

A set is put together beside the present one and takes its place in one step. What was edited here since
the last import is kept unless the import is told otherwise; what was added here stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

import msgspec

from tocsin.core.errors import Problem
from tocsin.rules.gathering import Gathered, gather
from tocsin.rules.options import RulesetOptions
from tocsin.rules.ruleset import load
from tocsin.rules.sources import content_files, read_rule_texts
from tocsin.rules.store import MANIFEST, ContentStore, FileOrigin, Manifest, file_hash, parts_of
from tocsin.rules.writing import write_whole

_VERSION_FILES = ("VERSION.json", "VERSION", "ruleset/VERSION")
_MAX_VERSION = 64
_FIRST_ROOT = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What to import, and how."""

    source: Path
    name: str
    by: str
    at: int
    """Microseconds."""
    version: str = ""
    """The ruleset's version; empty: as far as the folder says one."""
    dry_run: bool = False
    force: bool = False
    """Whether files edited here are overwritten."""


@dataclass(slots=True)
class Imported:
    """What an import brought, or would bring."""

    name: str
    folder: str
    version: str
    conf: str = ""
    """The settings that were followed, if there were any."""
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    is_whole: bool = False
    """Whether it brings the rules that all others stand below."""
    kept: list[str] = field(default_factory=list)
    """Files edited here, which were not overwritten or removed."""
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    decoders: int = 0
    rules: int = 0
    lists: int = 0
    """Totals of files and rules in the set: decoder files, rules in force, lists."""


def import_wazuh(
    store: ContentStore,
    order: Order,
    others: Sequence[Path],
    options: RulesetOptions,
    *,
    unless_whole: Sequence[Path] = (),
) -> Imported:
    """Import a folder; `others` are the content folders its rules stand beside.

    `unless_whole` are those that step back when it is a ruleset for itself.

    Raises `NotFoundError`, `InvalidError`, `ContentError`, and `OSError` when the disk does not do.
    """
    folder = store.set_folder(order.name)
    gathered = gather(order.source)
    known = store.manifest(order.name)
    version = order.version or _version(order.source)
    report = Imported(
        order.name,
        str(folder),
        version,
        conf=str(gathered.conf or ""),
        left_out=gathered.left_out,
        problems=gathered.problems,
    )
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = Path(mkdtemp(prefix=f".{order.name}-", dir=folder.parent))
    try:
        files = _Assembly(staging, folder, known, force=order.force).build(gathered, report)
        report.is_whole = _is_whole(staging)
        beside = others if report.is_whole else [*unless_whole, *others]
        _validate(staging, folder, beside, options, report)
        if not order.dry_run:
            manifest = Manifest(
                order.name,
                str(order.source.resolve()),
                order.at,
                order.by,
                version,
                files,
                tuple(report.left_out),
                report.is_whole,
            )
            write_whole(staging / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            _replace(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return report


class _Assembly:
    """Puts the new set together from the files gathered and what must be kept of the present one."""

    def __init__(self, staging: Path, present: Path, known: Manifest | None, *, force: bool) -> None:
        self._staging = staging
        self._present = present
        self._known = known.files if known else {}
        self._force = force

    def build(self, gathered: Gathered, report: Imported) -> dict[str, FileOrigin]:
        files: dict[str, FileOrigin] = {}
        for found in gathered.files:
            files[found.target] = self._take(found.source, found.target, report)
        for target in sorted(self._known.keys() - files.keys()):
            origin = self._known[target]
            if self._is_edited(target) and not self._force:
                report.kept.append(target)
                self._copy(self._present / target, target)
                files[target] = origin
            else:
                report.removed.append(target)
        for path in sorted(_below(self._present)):
            target = path.relative_to(self._present).as_posix()
            if target not in self._known and target not in files and target != MANIFEST:
                self._copy(path, target)  # the operator's own, added beside
        return files

    def _take(self, source: Path, target: str, report: Imported) -> FileOrigin:
        new = FileOrigin(str(source), file_hash(source))
        before = self._known.get(target)
        if self._is_edited(target) and not self._force and file_hash(self._present / target) != new.sha256:
            report.kept.append(target)
            self._copy(self._present / target, target)
            return before or new
        self._copy(source, target)
        if before is None:
            report.added.append(target)
        elif before.sha256 != new.sha256 or self._is_edited(target):
            report.changed.append(target)
        else:
            report.unchanged += 1
        return new

    def _is_edited(self, target: str) -> bool:
        """Whether the file differs here from what was imported; also one that came to be here otherwise."""
        here = self._present / target
        if not here.is_file():
            return False
        before = self._known.get(target)
        return before is None or file_hash(here) != before.sha256

    def _copy(self, source: Path, target: str) -> None:
        place = self._staging / target
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source, place, follow_symlinks=False)
        place.chmod(0o600)


def _validate(
    staging: Path, final: Path, others: Sequence[Path], options: RulesetOptions, report: Imported
) -> None:
    """Load the set as it will stand and note what is refused of it."""
    beside = [path for path in others if not path.is_relative_to(final)]
    ruleset = load([*beside, *parts_of(staging)], options)
    for problem in ruleset.problems:
        if problem.location.path.startswith(str(staging)):
            path = str(final) + problem.location.path.removeprefix(str(staging))
            place = replace(problem.location, path=path)
            report.problems.append(Problem(place, problem.reason, problem.subject))
    mine = [rule for rule in ruleset.rules if rule.file.startswith(str(staging))]
    report.rules = len(mine)
    report.decoders = sum(1 for _ in staging.glob("*/decoders/*.xml"))
    report.lists = sum(1 for path in _below(staging) if "lists" in path.relative_to(staging).parts)


def _is_whole(staging: Path) -> bool:
    """Whether the first of the rules that stand at the top of each category is among them."""
    files = content_files(parts_of(staging), "rules")
    return any(rule.id == _FIRST_ROOT for path in files for rule in read_rule_texts(path))


def _replace(staging: Path, folder: Path) -> None:
    """Put the new set in the place of the present one."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def _version(source: Path) -> str:
    for name in _VERSION_FILES:
        path = source / name
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            text = path.read_bytes()[:4_096].decode()
            if name.endswith(".json"):
                found = msgspec.json.decode(text)
                text = str(found.get("version", "")) if isinstance(found, dict) else ""
            first = text.strip().splitlines()[0] if text.strip() else ""
            if first.isprintable() and first:
                return first[:_MAX_VERSION]
    return ""
