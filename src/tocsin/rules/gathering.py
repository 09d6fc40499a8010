"""Which files of a Wazuh folder are decoders, rules and lists, and where each belongs here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from tocsin.core.errors import Location, NotFoundError, Problem
from tocsin.decode.markup import MAX_FILE_BYTES
from tocsin.rules.lists import MAX_LIST_BYTES
from tocsin.rules.ossec_conf import Folder, RulesetSettings, read_settings

Part = Literal["decoders", "rules", "lists"]
MAX_FILES = 20_000
MAX_TOTAL_BYTES = 2 * 1024 * 1024 * 1024
_CONFS = ("etc/ossec.conf", "ossec.conf", "conf/ossec.conf")
_USUAL = ("ruleset", "etc", ".")
_EXCLUDED_BY_DEFAULT = frozenset({"0215-policy_rules.xml"})
"""What Wazuh's own settings leave out where they are not changed."""
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Found:
    """A file to import: where it is, and its path below the set's folder."""

    source: Path
    target: str


@dataclass(slots=True)
class Gathered:
    """What a folder holds."""

    files: list[Found] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    conf: Path | None = None
    size_bytes: int = 0


def gather(source: Path) -> Gathered:
    """Return what is to be imported of a folder; raises `NotFoundError` when it holds nothing of the kind.

    The folder may be a manager's (`/var/ossec`), its `etc` or `ruleset`, one with `decoders` and `rules`, or
    one of bare XML files. Symbolic links are not followed, and nothing outside of the folder is read.
    """
    if not source.is_dir():
        raise NotFoundError(f"{source} is no folder")
    return _Gatherer(source).run()


class _Gatherer:
    def __init__(self, source: Path) -> None:
        self._source = source
        self._home = source
        self._result = Gathered()
        self._taken: dict[str, Path] = {}

    def run(self) -> Gathered:
        settings = self._settings()
        if settings is None:
            self._by_custom()
        else:
            self._by_settings(settings)
        if not self._result.files:
            self._bare()
        if not any(not found.target.split("/")[1] == "lists" for found in self._result.files):
            raise NotFoundError(f"{self._source} holds no decoders or rules of Wazuh")
        return self._result

    def _settings(self) -> RulesetSettings | None:
        for name in _CONFS:
            path = self._source / name
            if path.is_file() and not path.is_symlink():
                settings, problems = read_settings(path)
                self._result.conf = path
                self._result.problems += problems
                if name == "ossec.conf" and self._source.name == "etc":
                    self._home = self._source.parent  # the settings speak of the folder above
                return settings
        return None

    def _by_settings(self, settings: RulesetSettings) -> None:
        for part, folders in (("decoders", settings.decoder_dirs), ("rules", settings.rule_dirs)):
            for folder in folders:
                self._add_folder(part, folder, settings)
        for part, paths in (("decoders", settings.decoder_files), ("rules", settings.rule_files)):
            for path in paths:
                self._add_one(part, path, settings)
        for path in settings.lists:
            self._add_one("lists", path, settings)
        if not settings.lists:
            self._add_lists()

    def _by_custom(self) -> None:
        settings = RulesetSettings(excluded=_EXCLUDED_BY_DEFAULT)
        for place in _USUAL:
            for part in ("decoders", "rules"):
                self._add_folder(part, Folder(PurePosixPath(place) / part), settings, must_be=False)
        self._add_lists()

    def _add_lists(self) -> None:
        for place in _USUAL:
            folder = self._home / place / "lists"
            for path in sorted(_regular(folder)):
                if path.suffix != ".cdb" and not path.name.startswith("."):
                    inner = path.relative_to(folder).as_posix()
                    self._take(path, f"{_slug(PurePosixPath(place))}/lists/{inner}", MAX_LIST_BYTES)

    def _add_folder(
        self, part: str, folder: Folder, settings: RulesetSettings, *, must_be: bool = True
    ) -> None:
        place = self._inside(folder.path)
        if place is None or not place.is_dir():
            if must_be:
                self._problem(self._home / folder.path, "there is no such folder")
            return
        for path in sorted(place.iterdir()):
            if folder.takes(path.name) and not path.name.startswith("."):
                self._add(part, path, folder.path / path.name, settings)

    def _add_one(self, part: str, path: PurePosixPath, settings: RulesetSettings) -> None:
        place = self._inside(path)
        if place is None or not place.is_file():
            self._problem(self._home / path, "there is no such file")
        elif part == "lists":
            at = path.parts.index("lists") if "lists" in path.parts[:-1] else len(path.parts) - 2
            above, inner = PurePosixPath(*path.parts[: max(at, 0)]), "/".join(path.parts[at + 1 :])
            self._take(place, f"{_slug(above)}/lists/{inner}", MAX_LIST_BYTES)
        else:
            self._add(part, place, path, settings)

    def _add(self, part: str, path: Path, relative: PurePosixPath, settings: RulesetSettings) -> None:
        if settings.leaves_out(relative):
            self._result.left_out.append(relative.as_posix())
            return
        self._take(path, f"{_slug(relative.parent.parent)}/{part}/{relative.name}", MAX_FILE_BYTES)

    def _bare(self) -> None:
        """Take XML files that lie in the folder itself, by what is in them."""
        for path in sorted(self._source.glob("*.xml")):
            if path.is_symlink() or not path.is_file():
                continue
            part = _kind(path)
            if part:
                self._take(path, f"content/{part}/{path.name}", MAX_FILE_BYTES)

    def _inside(self, path: PurePosixPath) -> Path | None:
        """Return a path below the folder, None when a link on the way leads elsewhere."""
        place = self._home / path
        return place if place.resolve().is_relative_to(self._home.resolve()) else None

    def _take(self, path: Path, target: str, most_bytes: int) -> None:
        try:
            found = path.lstat()
        except OSError as error:
            self._problem(path, f"cannot be read: {error.strerror}")
            return
        if stat.S_ISLNK(found.st_mode):
            self._problem(path, "is a symbolic link, which is not followed")
        elif not stat.S_ISREG(found.st_mode):
            self._problem(path, "is no ordinary file")
        elif found.st_size > most_bytes:
            self._problem(path, f"larger than {most_bytes} bytes")
        elif self._result.size_bytes + found.st_size > MAX_TOTAL_BYTES or len(self._taken) >= MAX_FILES:
            self._problem(path, f"beyond {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes in all")
        elif target not in self._taken:
            self._taken[target] = path
            self._result.size_bytes += found.st_size
            self._result.files.append(Found(path, target))

    def _problem(self, path: Path, reason: str) -> None:
        self._result.problems.append(Problem(Location(str(path)), reason))


def _slug(place: PurePosixPath) -> str:
    """Return the name of the part of a set that files from this folder make up."""
    text = "-".join(part for part in place.parts if part not in (".", "/"))
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in text) or "content"


def _kind(path: Path) -> Part | None:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).lower()
    decoder, group = head.find(b"<decoder"), head.find(b"<group")
    if decoder < 0 and group < 0:
        return None
    return "decoders" if decoder >= 0 and (group < 0 or decoder < group) else "rules"


def _regular(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; links are not followed."""
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names)
