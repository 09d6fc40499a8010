"""What a Wazuh manager's `ossec.conf` says of its ruleset: folders, files left out, lists.

The file is read as text, not as XML: it may have several `<ossec_config>` roots, and real ones are
often not well formed. Only the `<ruleset>` blocks matter here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tocsin.core.errors import Location, Problem
from tocsin.decode.patterns import compile_extractor, lower

MAX_CONF_BYTES = 8 * 1024 * 1024
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BLOCK = re.compile(r"<ruleset\s*>(.*?)(?:</ruleset\s*>|\Z)", re.DOTALL)
_ENTRY = re.compile(
    r"<(decoder_dir|rule_dir|decoder_include|rule_include|include|decoder_exclude|rule_exclude|list)"
    r"((?:\s[^>]*)?)>\s*([^<]*?)\s*</\1\s*>"
)
_PATTERN = re.compile(r"pattern\s*=\s*[\"']([^\"']*)[\"']")
_HOMES = ("/var/ossec/", "/usr/share/wazuh/", "/opt/ossec/")
"""Where managers are installed: a path that begins so is meant below the folder imported."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of decoders or rules, and which of its files count."""

    path: PurePosixPath
    pattern: str = ""

    def takes(self, name: str) -> bool:
        """Whether the folder's pattern lets a file of this name in; without one, every XML file."""
        if not self.pattern:
            return name.endswith(".xml")
        return compile_extractor(self.pattern, "osregex").test(name, lower(name))


@dataclass(frozen=True, slots=True)
class RulesetSettings:
    """The ruleset as the settings describe it; paths are relative to the manager's folder."""

    decoder_dirs: tuple[Folder, ...] = ()
    rule_dirs: tuple[Folder, ...] = ()
    decoder_files: tuple[PurePosixPath, ...] = ()
    rule_files: tuple[PurePosixPath, ...] = ()
    excluded: frozenset[str] = frozenset()
    """As written: base names, or paths of which the end counts."""
    lists: tuple[PurePosixPath, ...] = ()

    def leaves_out(self, path: PurePosixPath) -> bool:
        """Whether a file is excluded."""
        text = "/" + path.as_posix()
        return any(text.endswith("/" + name.lstrip("/")) for name in self.excluded)


def read_settings(path: Path) -> tuple[RulesetSettings | None, list[Problem]]:
    """Return what the file says of the ruleset, None when it says nothing; raises `OSError`.

    An entry that leads out of the manager's folder, or whose pattern is malformed, is a problem.
    """
    with path.open("rb") as stream:
        content = stream.read(MAX_CONF_BYTES + 1)
    if len(content) > MAX_CONF_BYTES:
        return None, [Problem(Location(str(path)), f"larger than {MAX_CONF_BYTES} bytes")]
    text = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), content.decode("latin-1"))
    found: dict[str, list[Folder]] = {}
    problems: list[Problem] = []
    for block in _BLOCK.finditer(text):
        for entry in _ENTRY.finditer(text, block.start(1), block.end(1)):
            place = Location(str(path), text.count("\n", 0, entry.start()) + 1)
            folder = _entry(entry, place, problems)
            if folder is not None:
                found.setdefault(entry.group(1), []).append(folder)
    return (_settings(found) if found else None), problems


def _entry(entry: re.Match[str], place: Location, problems: list[Problem]) -> Folder | None:
    tag, attributes, text = entry.groups()
    pattern = _PATTERN.search(attributes)
    path = _below_home(text)
    if path is None:
        problems.append(Problem(place, f"<{tag}> {text!r} lies outside of the folder imported"))
        return None
    folder = Folder(path, pattern.group(1) if pattern else "")
    try:
        folder.takes("")
    except ValueError as error:
        problems.append(Problem(place, f"<{tag}> pattern {folder.pattern!r}: {error}"))
        return None
    return folder


def _below_home(text: str) -> PurePosixPath | None:
    for home in _HOMES:
        text = text.removeprefix(home)
    path = PurePosixPath(text)
    return None if not text or path.is_absolute() or ".." in path.parts or "\0" in text else path


def _settings(found: dict[str, list[Folder]]) -> RulesetSettings:
    def paths(*names: str) -> tuple[PurePosixPath, ...]:
        return tuple(dict.fromkeys(folder.path for name in names for folder in found.get(name, ())))

    excluded = paths("decoder_exclude", "rule_exclude")
    return RulesetSettings(
        decoder_dirs=tuple(found.get("decoder_dir", ())),
        rule_dirs=tuple(found.get("rule_dir", ())),
        decoder_files=paths("decoder_include"),
        rule_files=tuple(
            # `include` is the older word for a rule file below rules/.
            *[paths("rule_include") + tuple(PurePosixPath("rules") / path for path in paths("include"))]
        ),
        excluded=frozenset(path.as_posix() for path in excluded),
        lists=paths("list"),
    )
