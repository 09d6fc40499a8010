"""What one file is: attributes, hash, and text where a diff is wanted."""

from __future__ import annotations

import difflib
import fnmatch
import grp
import hashlib
import os
import pwd
import stat

import msgspec

from tocsin.agent.findings import FileState

TEXT_LIMIT = 64 * 1024
"""Largest file whose text is kept for a diff, in bytes."""
_DIFF_LIMIT = 8 * 1024
_CHUNK = 1024 * 1024
_SECRETS = (
    b"*shadow*",
    b"*.key",
    b"*.pem",
    b"id_*",
    b"*.kdbx",
    b"*htpasswd*",
    b"*secret*",
    b"*password*",
    b".pgpass",
    b"*.env",
)


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A file in the baseline. Times are nanoseconds as the file system gives them."""

    size: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str | None = None

    def same_status(self, other: Seen) -> bool:
        """Say whether nothing hints at a change. The change time cannot be set by the file's owner."""
        return (self.ctime_ns, self.mtime_ns, self.size, self.mode, self.uid, self.gid, self.inode) == (
            other.ctime_ns,
            other.mtime_ns,
            other.size,
            other.mode,
            other.uid,
            other.gid,
            other.inode,
        )


def look(path: bytes) -> Seen | None:
    """Return the status of a regular file or symbolic link, without hash; None for all else."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    return _seen(status)


def _seen(status: os.stat_result, sha256: str | None = None) -> Seen:
    return Seen(
        status.st_size,
        status.st_mode,
        status.st_uid,
        status.st_gid,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        sha256,
    )


def examine(path: bytes, max_hash_bytes: int, *, wants_text: bool) -> tuple[Seen, bytes | None] | None:
    """Return status with hash and, if wanted and small, the content; None when it is no file any more.

    Never follows a link and never waits: a FIFO or device put in a file's place is not opened.
    """
    status = look(path)
    if status is None:
        return None
    if stat.S_ISLNK(status.mode):
        return _examine_link(path, status), None
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        return status, None  # not readable for this agent: attributes are still watched
    try:
        opened = os.fstat(file)
        if not stat.S_ISREG(opened.st_mode):
            return None
        sha256, content = _digest(file, max_hash_bytes, wants_text and opened.st_size <= TEXT_LIMIT)
        return _seen(opened, sha256), content
    except OSError:
        return status, None
    finally:
        os.close(file)


def _examine_link(path: bytes, status: Seen) -> Seen:
    try:
        target = os.readlink(path)
    except OSError:
        return status
    return msgspec.structs.replace(status, sha256=hashlib.sha256(target).hexdigest())


def _digest(file: int, limit: int, wants_text: bool) -> tuple[str | None, bytes | None]:
    digest = hashlib.sha256()
    content = b""
    total = 0
    while chunk := os.read(file, min(_CHUNK, limit + 1 - total)):
        total += len(chunk)
        if total > limit:
            return None, None
        digest.update(chunk)
        if wants_text and total <= TEXT_LIMIT:
            content += chunk
    return digest.hexdigest(), content if wants_text and total <= TEXT_LIMIT else None


def describe(seen: Seen) -> FileState:
    """Return the file as a finding tells it."""
    return FileState(
        size=seen.size,
        mode=f"{stat.S_IMODE(seen.mode):04o}",
        owner=_user(seen.uid),
        group=_group(seen.gid),
        uid=seen.uid,
        gid=seen.gid,
        inode=seen.inode,
        mtime=seen.mtime_ns // 1000,
        sha256=seen.sha256,
    )


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def is_secret(path: bytes) -> bool:
    """Say whether the text of a file must not be kept, judging by its name."""
    name = os.path.basename(path).lower()
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _SECRETS)


def difference(before: bytes, after: bytes) -> str | None:
    """Return the unified difference of two texts, cut at 8 KiB; None when either is no text."""
    try:
        old, new = before.decode("utf-8"), after.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in old or "\0" in new:
        return None
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", lineterm="", n=1)
    text = "\n".join(lines)
    if len(text) > _DIFF_LIMIT:
        text = text[:_DIFF_LIMIT] + f"\n[cut: the difference had {len(text)} characters]"
    return text or None
