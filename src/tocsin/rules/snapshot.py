"""The form in which memory of earlier events is kept: a mark with a version, a CRC-32, MessagePack."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec

from tocsin.core.errors import InvalidError

_MARK = b"tocsin-memory-1\n"
_PARTS = frozenset(
    {
        *("mode", "windows", "firings", "first_seen", "accumulated", "tracked"),
        *("last_logs", "remembered", "settled", "ignored_until"),
    }
)


def packed(parts: dict[str, Any]) -> bytes:
    """Return the parts as bytes."""
    payload = msgspec.msgpack.encode(parts)
    return _MARK + crc32(payload).to_bytes(4, "little") + payload


def unpacked(snapshot: bytes) -> dict[str, Any]:
    """Return the parts; raises `InvalidError` when the bytes are of another version or damaged."""
    if not snapshot.startswith(_MARK):
        raise InvalidError("no snapshot of this version")
    at = len(_MARK)
    payload = memoryview(snapshot)[at + 4 :]
    if crc32(payload) != int.from_bytes(snapshot[at : at + 4], "little"):
        raise InvalidError("the snapshot is damaged")
    try:
        parts = msgspec.msgpack.decode(payload, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidError(f"the snapshot is damaged: {error}") from error
    if not parts.keys() >= _PARTS:
        raise InvalidError("the snapshot is not complete")
    return parts
