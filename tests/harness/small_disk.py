"""A disk of its own for a server, that a test may fill: it outlives the server's death."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDisk:
    """A folder on a file system in memory, in a namespace that a process of its own holds open."""

    def __init__(self, folder: Path, holder: int, enter: list[str]) -> None:
        self._folder = folder
        self._holder = holder
        self.under = enter
        """What a command line that shall see the disk begins with; it works in the folder's parent."""

    @property
    def path(self) -> Path:
        """The folder as it is seen from outside."""
        return Path(f"/proc/{self._holder}/root{self._folder}")

    @contextmanager
    def filled(self, left_bytes: int) -> Iterator[None]:
        """Leave no more room than that; there is room again at the end."""
        filler = self.path / "filler"
        with filler.open("wb") as file:
            free = shutil.disk_usage(self.path).free - left_bytes
            os.posix_fallocate(file.fileno(), 0, max(1, free))
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def small_disk(folder: Path, size: str = "256m") -> Iterator[SmallDisk | None]:
    """Make the folder such a disk; None where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    is_root = os.geteuid() == 0
    user = [] if is_root else ["--user", "--map-root-user"]
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" && echo ready && exec sleep infinity'
    command = ["unshare", *user, "--mount", "sh", "-c", mount, str(folder)]
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        yield None
        return
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        try:
            if holder.stdout.readline() != b"ready\n":
                yield None
                return
            entering = [] if is_root else ["--user", "--preserve-credentials"]
            enter = ["nsenter", "--target", str(holder.pid), *entering, "--mount"]
            back = ["sh", "-c", 'cd "$0" && exec "$@"', str(folder.parent)]  # entering leads to the root
            yield SmallDisk(folder, holder.pid, [*enter, *back])
        finally:
            holder.kill()
