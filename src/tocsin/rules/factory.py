"""Makes the same ruleset in this process and in every worker, and notices when content has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.core.errors import ContentError
from tocsin.rules.options import RulesetOptions
from tocsin.rules.ruleset import Ruleset, load

_PARTS = ("decoders", "rules", "lists")


class ContentChangedError(ContentError):
    """The files are not those that the ruleset in force was made of."""

    code = "content-changed"


@dataclass(slots=True)
class RulesetFactory:
    """Hands out the rule set: the one at hand in this process, a fresh one in a worker process."""

    folders: tuple[Path, ...]
    options: RulesetOptions = field(default_factory=RulesetOptions)
    ruleset: Ruleset | None = field(default=None, repr=False)
    stamp: str = ""
    """Of the files the ruleset was made of; empty before it was made."""

    def __call__(self) -> Ruleset:
        """Return the rule set, reading the folders where there is none yet.

        Raises `ContentChangedError` in a worker that finds other files than the platform did: two
        processes must not judge by different rules.
        """
        if self.ruleset is None:
            stamp = stamp_of(self.folders)
            if self.stamp and stamp != self.stamp:
                raise ContentChangedError("the content has changed since it was loaded: reload it")
            self.ruleset = load(self.folders, self.options)
            self.stamp = stamp
        return self.ruleset

    def __getstate__(self) -> tuple[tuple[Path, ...], RulesetOptions, str]:
        """Take only what to read along to another process."""
        return self.folders, self.options, self.stamp

    def __setstate__(self, state: tuple[tuple[Path, ...], RulesetOptions, str]) -> None:
        """Arrive in another process."""
        self.folders, self.options, self.stamp = state
        self.ruleset = None


def stamp_of(folders: Sequence[Path]) -> str:
    """Return a hash over names, sizes and times of change of every file of content in the folders."""
    digest = hashlib.sha256()
    for folder in folders:
        digest.update(f"{folder}\0".encode("utf-8", "surrogateescape"))
        for part in _PARTS:
            for path in sorted((folder / part).rglob("*")):
                _add(digest, path)
    return digest.hexdigest()[:32]


def _add(digest: hashlib._Hash, path: Path) -> None:
    try:
        found = path.stat()
    except OSError:
        return  # gone between the listing and now: the next look will tell
    if path.is_file():
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
