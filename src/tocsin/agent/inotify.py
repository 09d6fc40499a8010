"""The kernel's file events, through libc. Source: inotify(7)."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_HEAD = struct.Struct("iIII")
_READ = 64 * 1024

IN_MODIFY = 0x0002
IN_ATTRIB = 0x0004
IN_CLOSE_WRITE = 0x0008
IN_MOVED_FROM = 0x0040
IN_MOVED_TO = 0x0080
IN_CREATE = 0x0100
IN_DELETE = 0x0200
IN_DELETE_SELF = 0x0400
IN_MOVE_SELF = 0x0800
IN_Q_OVERFLOW = 0x4000
IN_IGNORED = 0x8000
IN_ONLYDIR = 0x01000000
IN_DONT_FOLLOW = 0x02000000
IN_ISDIR = 0x40000000

CHANGES = (
    IN_MODIFY
    | IN_ATTRIB
    | IN_CLOSE_WRITE
    | IN_MOVED_FROM
    | IN_MOVED_TO
    | IN_CREATE
    | IN_DELETE
    | IN_DELETE_SELF
    | IN_MOVE_SELF
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to `name` within the folder of `watch` (-1 at an overflow)."""

    watch: int
    mask: int
    name: bytes


class Inotify:
    """An inotify instance. Raises `OSError` where the system has none."""

    def __init__(self) -> None:
        try:
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._add = self._libc.inotify_add_watch
            self._file: int = self._checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        except AttributeError as error:
            raise OSError(errno.ENOSYS, "this system has no inotify") from error
        self._add.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)

    def watch(self, folder: bytes, mask: int = CHANGES | IN_ONLYDIR | IN_DONT_FOLLOW) -> int:
        """Watch a folder's entries. Raises `OSError`; `ENOSPC` means the kernel's limit of watches."""
        return self._checked(self._add(self._file, folder, mask))

    def read(self, timeout: float) -> Sequence[Notice]:
        """Wait at most `timeout` seconds and return what happened."""
        ready, _, _ = select.select([self._file], [], [], timeout)
        if not ready:
            return []
        return parse(os.read(self._file, _READ))

    def close(self) -> None:
        """Give every watch back."""
        os.close(self._file)

    def _checked(self, result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


def parse(content: bytes) -> list[Notice]:
    """Return the notices in what the kernel wrote."""
    notices = []
    at = 0
    while at + _HEAD.size <= len(content):
        watch, mask, _, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        notices.append(Notice(watch, mask, content[at : at + length].rstrip(b"\0")))
        at += length
    return notices
