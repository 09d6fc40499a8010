"""The form in which memory of earlier events is kept: MessagePack with a mark and a version."""

from __future__ import annotations

from typing import Any

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
    return _MARK + msgspec.msgpack.encode(parts)


def unpacked(snapshot: bytes) -> dict[str, Any]:
    """Return the parts; raises `InvalidError` when the bytes are of another version or damaged."""
    if not snapshot.startswith(_MARK):
        raise InvalidError("no snapshot of this version")
    try:
        parts = msgspec.msgpack.decode(memoryview(snapshot)[len(_MARK) :], type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidError(f"the snapshot is damaged: {error}") from error
    if not parts.keys() >= _PARTS:
        raise InvalidError("the snapshot is not complete")
    return parts
