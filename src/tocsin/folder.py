"""The data folder: made for its user only, and used by one platform at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tocsin.core.errors import TocsinError


class FolderError(TocsinError):
    """The data folder cannot be used."""

    code = "data-folder"


def running_on(path: Path) -> int | None:
    """Return the process id of the platform that runs on a data folder; None when none does."""
    lock = path.expanduser().resolve() / "lock"
    try:
        with lock.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = stream.read(20).strip()
                return int(text) if text.isdigit() else None
    except OSError:
        return None
    return None


class DataFolder:
    """The folder of everything a platform keeps, locked while the platform runs."""

    def __init__(self, path: Path) -> None:
        """Make the folder if need be and lock it; raises `FolderError` saying why not."""
        self.path = path.expanduser().resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.chmod(0o700)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderError(f"cannot use the data folder {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise FolderError(
                f"another platform is running on {self.path}: stop it first, or choose another --data"
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def part(self, name: str) -> Path:
        """Return the folder of one part, made if need be."""
        path = self.path / name
        path.mkdir(exist_ok=True, mode=0o700)
        return path

    def release(self) -> None:
        """Give the folder up."""
        os.close(self._lock)
