"""The rules as their authors wrote them: text and line of each, and which of two readings differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.decode.markup import Element, MarkupError
from tocsin.decode.reader import read_roots
from tocsin.rules.model import Rule

_COMMENT = re.compile(r"<!--.*?-->|<!(?!--).*?!>", re.DOTALL)
_RULE = re.compile(r"<rule\b[^>]*?\bid\s*=\s*[\"']\s*(\d+)\s*[\"'].*?</rule\s*>", re.DOTALL | re.IGNORECASE)
_VARIABLE = re.compile(r"<var\b.*?</var\s*>", re.DOTALL | re.IGNORECASE)


def content_files(
    folders: Iterable[Path], part: str, left_out: frozenset[str] = frozenset()
) -> tuple[Path, ...]:
    """Return the files of one part (`decoders`, `rules`) of all folders in the order they are read."""
    found = [file for folder in folders for file in (folder / part).glob("*.xml") if file.is_file()]
    return tuple(sorted((f for f in found if f.name not in left_out), key=lambda file: file.name))


@dataclass(frozen=True, slots=True)
class RuleText:
    """One `<rule>` as it stands in its file."""

    id: int
    line: int
    text: str


def read_rule_texts(path: Path) -> list[RuleText]:
    """Return the rules of a file, those in comments left out; raises `OSError`."""
    content = path.read_bytes().decode("latin-1")
    plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), content)
    return [
        RuleText(int(found.group(1)), plain.count("\n", 0, found.start()) + 1, content[slice(*found.span())])
        for found in _RULE.finditer(plain)
    ]


def fingerprints(paths: Iterable[Path]) -> dict[int, str]:
    """Return a short hash of each rule's wording by its id; a file that cannot be read has no rules.

    What replaces a rule (`overwrite`) and the variables of its file belong to its wording.
    """
    wording: dict[int, list[str]] = {}
    for path in paths:
        try:
            texts = read_rule_texts(path)
            variables = "".join(_VARIABLE.findall(path.read_bytes().decode("latin-1")))
        except OSError:
            continue
        for rule in texts:
            wording.setdefault(rule.id, []).append(rule.text + (variables if "$" in rule.text else ""))
    return {number: _hash("\0".join(texts)) for number, texts in wording.items()}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Differences:
    """Ids of rules that are new, worded otherwise, or gone."""

    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def differences(before: dict[int, str], after: dict[int, str]) -> Differences:
    """Compare two readings, each from rule id to a hash of its wording."""
    return Differences(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(n for n in before.keys() & after.keys() if before[n] != after[n])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


class Sources:
    """The rule files of a ruleset, read when somebody asks. Not thread safe."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self._texts: dict[str, list[RuleText]] = {}
        self._elements: dict[str, dict[tuple[int, int], Element]] = {}

    def texts(self, rule_id: int) -> list[tuple[Path, RuleText]]:
        """Return every text with this rule id in the order of reading: the rule, then what replaces it."""
        return [(path, text) for path in self.paths for text in self._of(path) if text.id == rule_id]

    def element_of(self, rule: Rule) -> Element | None:
        """Return the `<rule>` as it is in force, variables replaced; None when it is gone from its file."""
        if rule.path not in self._elements:
            self._elements[rule.path] = self._read(Path(rule.path))
        return self._elements[rule.path].get((rule.line, rule.id))

    def _of(self, path: Path) -> list[RuleText]:
        key = str(path)
        if key not in self._texts:
            try:
                self._texts[key] = read_rule_texts(path)
            except OSError:
                self._texts[key] = []  # gone since it was loaded: its rules have no text to show
        return self._texts[key]

    def _read(self, path: Path) -> dict[tuple[int, int], Element]:
        try:
            roots = read_roots(path)
        except (MarkupError, OSError):
            return {}  # changed since it was loaded, and told then
        found = {}
        for rule in (rule for group in roots for rule in group.children):
            number = rule.attributes.get("id", "").strip()
            if number.isascii() and number.isdigit():
                found[rule.line, int(number)] = rule
        return found
