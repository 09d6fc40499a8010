"""Lumberjack's frames, whole and in pieces."""

from __future__ import annotations

import struct
import zlib

import pytest

from harness.lumberjack import compressed, json_frame, pairs_frame, window
from tocsin.ingest.beats.frames import BadFrameError, Frame, FrameLimits, FrameReader, Sent, Window

SMALL = FrameLimits(window=10, document_bytes=50, payload_bytes=5_000, inflated_bytes=10_000, pairs=3)


def read(data: bytes, limits: FrameLimits | None = None, size: int = 0) -> list[Frame]:
    reader = FrameReader(limits)
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    return [frame for piece in pieces for frame in reader.feed(piece)]


@pytest.mark.parametrize("size", [0, 1, 7])
def test_reads_every_kind_of_frame(size: int) -> None:
    """Windows, JSON, pairs, and those within compressed frames, however the stream is cut."""
    data = (
        window(3)
        + json_frame(1, b'{"a":1}')
        + compressed(json_frame(2, b'{"b":2}') + pairs_frame(3, {"line": "c"}, version=2))
        + window(1, version=1)
        + pairs_frame(4, {"line": "d", "file": "/x"})
    )
    assert read(data, size=size) == [
        Window(2, 3),
        Sent(2, 1, b'{"a":1}'),
        Sent(2, 2, b'{"b":2}'),
        Sent(2, 3, b'{"line":"c"}'),
        Window(1, 1),
        Sent(1, 4, b'{"line":"d","file":"/x"}'),
    ]


@pytest.mark.parametrize("size", [0, 1])
def test_passes_over_documents_that_are_too_large(size: int) -> None:
    """They are said to be, by their number, and the next one is read."""
    data = (
        window(3)
        + json_frame(1, b"x" * 51)
        + pairs_frame(2, {"line": "y" * 60, "file": "/z"}, version=2)
        + json_frame(3, b"{}")
    )
    fault = "document too large: more than 50 bytes"
    assert read(data, SMALL, size)[1:] == [Sent(2, 1, b"", fault), Sent(2, 2, b"", fault), Sent(2, 3, b"{}")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1", "no version"),
        (b"2X", "no frame"),
        (b"1J", "no frame of version 1"),
        (window(11), "window of 11"),
        (b"2J" + struct.pack(">II", 1, 5_001), "5001 bytes"),
        (b"2D" + struct.pack(">II", 1, 4), "4 pairs"),
        (compressed(window(1)), "within a compressed frame"),
        (compressed(compressed(json_frame(1, b"{}"))), "within a compressed frame"),
        (compressed(json_frame(1, b"{}")[:-1]), "ends within a frame"),
        (b"2C" + struct.pack(">I", 4) + b"junk", "not zlib"),
        (b"2C" + struct.pack(">I", 3) + zlib.compress(b"2J")[:3], "not one whole"),
        (compressed(json_frame(1, b" " * 5_000) * 3), "more than 10000 bytes"),
    ],
)
def test_refuses_what_follows_no_protocol(data: bytes, reason: str) -> None:
    """The reason is said; where the next frame begins cannot be known."""
    with pytest.raises(BadFrameError, match=reason):
        read(data, SMALL)


def test_a_bomb_is_given_up_at_the_limit() -> None:
    """A frame that inflates a thousandfold is inflated no further than the limit, and never held."""
    bomb = json_frame(1, b"a" * 60_000_000)
    with pytest.raises(BadFrameError, match="more than 1000000 bytes"):
        read(compressed(bomb), FrameLimits(inflated_bytes=1_000_000))
