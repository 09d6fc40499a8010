"""Imported content on disk: `FOLDER/wazuh/NAME/PART/{decoders,rules,lists}`, and where each file came from.

A manifest beside the parts keeps the origin and the hash of every file as it was imported, so that a file
edited since is known and not overwritten.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from tocsin.core.errors import ContentError, InvalidError, Location

MANIFEST = "manifest.json"
SWITCHES_FILE = "switches.json"
"""Beside the sets: what the operator has switched off."""
FIGURES_FILE = "figures.json"
"""Beside the sets: how often each rule was the verdict."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class FileOrigin(msgspec.Struct, frozen=True):
    """Where a file was read, and its SHA-256 then."""

    origin: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What one import brought."""

    name: str
    origin: str
    """The folder it was read from."""
    imported_at: int
    """Microseconds."""
    by: str
    version: str
    """The ruleset's own version, as far as it says one."""
    files: dict[str, FileOrigin]
    """By path below the set's folder."""
    left_out: tuple[str, ...] = ()
    """Files the settings there exclude."""
    is_whole: bool = False
    """Whether it brings the rules that all others stand below, as Wazuh's own ruleset does."""


class Provenance(msgspec.Struct, frozen=True):
    """Where a file of content came from."""

    set_name: str
    origin: str
    sha256: str
    imported_at: int
    by: str
    version: str
    edited: bool
    """Whether it was changed here since."""


class ContentStore:
    """The sets of imported content below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set_folder(self, name: str) -> Path:
        """Return the folder of a set, which need not exist; raises `InvalidError` for a malformed name."""
        if not _NAME.fullmatch(name):
            raise InvalidError(
                f"{name!r} is no name for a ruleset: letters, digits, '-' and '_' are possible"
            )
        return self.folder / "wazuh" / name

    def sets(self) -> list[str]:
        """Return the names of the sets, sorted."""
        found = (self.folder / "wazuh").glob(f"*/{MANIFEST}")
        return sorted(path.parent.name for path in found if _NAME.fullmatch(path.parent.name))

    def has_whole(self) -> bool:
        """Whether one of the sets is a ruleset for itself; a manifest that cannot be read counts as none."""
        for name in self.sets():
            with suppress(ContentError):
                manifest = self.manifest(name)
                if manifest is not None and manifest.is_whole:
                    return True
        return False

    def folders(self) -> tuple[Path, ...]:
        """Return the content folders of every set, in the order they are read."""
        return tuple(folder for name in self.sets() for folder in parts_of(self.set_folder(name)))

    def manifest(self, name: str) -> Manifest | None:
        """Return what a set was made of, None when there is no such set; raises `ContentError`."""
        path = self.set_folder(name) / MANIFEST
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise ContentError(f"cannot be read: {error}", location=Location(str(path))) from error

    def provenance(self, path: str) -> Provenance | None:
        """Return where a file came from; None for one that was not imported."""
        file = Path(path)
        try:
            name, *inner = file.relative_to(self.folder / "wazuh").parts
        except ValueError:
            return None
        manifest = self.manifest(name)
        known = manifest.files.get("/".join(inner)) if manifest else None
        if manifest is None or known is None:
            return None
        return Provenance(
            set_name=name,
            origin=known.origin,
            sha256=known.sha256,
            imported_at=manifest.imported_at,
            by=manifest.by,
            version=manifest.version,
            edited=file_hash(file) != known.sha256,
        )


def parts_of(folder: Path) -> Sequence[Path]:
    """Return the content folders of a set."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hex; empty when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
