"""One file of the spool: frames of records, each checked by CRC-32.

Layout: an opening frame holding the checkpoints known when the file was begun, then frames of records.
A frame is `length, crc, first_seq, count` (little endian, 24 bytes) and `length` bytes of body; the CRC
covers the last two numbers and the body. The body's first byte says whether the rest, MessagePack, is
plain or compressed with Zstandard. A file is valid up to its first frame that is cut or fails its CRC.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from tocsin.agent.errors import SpoolError
from tocsin.core.record import Kind

_HEAD = struct.Struct("<IIQQ")
_SUM = struct.Struct("<QQ")
_PLAIN, _ZSTD = b"\0", b"\1"
_COMPRESS_FROM = 512
MAX_BODY = 32 * 1024 * 1024
"""Longest body accepted, packed or not, in bytes."""

Checkpoints = dict[str, bytes | None]
"""Where each collector stands, written in the same frame as what it read; None forgets the key."""


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record before it has a number: what `core.record.Record` holds, less source and sequence."""

    raw: bytes
    collected_at: int
    kind: Kind = "line"
    location: str = ""
    host: str = ""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What one append wrote."""

    items: list[Item]
    checkpoints: Checkpoints


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a frame stands in its file and which records it holds."""

    start: int
    end: int
    first_seq: int
    count: int

    @property
    def last_seq(self) -> int:
        """The last sequence in the frame; one less than the first when it holds none."""
        return self.first_seq + self.count - 1


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode_frame(entry: Entry, first_seq: int) -> bytes:
    """Return the bytes of a frame. Raises `SpoolError` when the entry is beyond the size limit."""
    packed = _encoder.encode(entry)
    if len(packed) >= MAX_BODY:
        raise SpoolError(f"{len(packed)} bytes in one append are more than the spool takes")
    if len(packed) >= _COMPRESS_FROM:
        body = _ZSTD + zstandard.ZstdCompressor(level=1).compress(packed)
    else:
        body = _PLAIN + packed
    tail = _SUM.pack(first_seq, len(entry.items))
    return _HEAD.pack(len(body), zlib.crc32(body, zlib.crc32(tail)), first_seq, len(entry.items)) + body


def scan(path: Path, start: int = 0) -> Iterator[tuple[Frame, bytes]]:
    """Yield the valid frames from offset `start` with their bodies, and stop at the first that is not."""
    with path.open("rb") as file:
        file.seek(start)
        while True:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return
            length, crc, first_seq, count = _HEAD.unpack(head)
            if not 0 < length <= MAX_BODY:
                return
            body = file.read(length)
            if len(body) < length or zlib.crc32(body, zlib.crc32(head[8:])) != crc:
                return
            yield Frame(start, start + _HEAD.size + length, first_seq, count), body
            start += _HEAD.size + length


def decode_body(body: bytes) -> Entry:
    """Return what a frame holds. Raises `SpoolError` when it passed its CRC and still makes no sense."""
    try:
        packed = body[1:]
        if body[:1] == _ZSTD:
            packed = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_BODY)
        return _decoder.decode(packed)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise SpoolError(f"a frame of the spool is unreadable: {error}") from error


class Segment:
    """A segment file and which records are in it, without a gap. The last one of a spool grows."""

    def __init__(self, path: Path, frames: list[Frame], *, damaged: bool = False) -> None:
        self.path = path
        self.first_seq = frames[0].first_seq if frames else 0
        self.last_seq = frames[-1].last_seq if frames else 0
        self.size = frames[-1].end if frames else 0
        self.damaged = damaged
        self.skip = 0
        """Frames before this offset are acknowledged: where reading may begin."""

    @classmethod
    def read(cls, path: Path) -> Segment:
        """Check every frame of the file and return what is valid of it."""
        frames = [frame for frame, _ in scan(path)]
        size = frames[-1].end if frames else 0
        return cls(path, frames, damaged=path.stat().st_size > size)

    @classmethod
    def create(cls, folder: Path, first_seq: int, checkpoints: Checkpoints) -> Segment:
        """Begin a file whose first record will be `first_seq`; it appears whole or not at all."""
        path = folder / f"{first_seq:020d}.seg"
        opening = encode_frame(Entry([], checkpoints), first_seq)
        write_whole(path, opening)
        return cls(path, [Frame(0, len(opening), first_seq, 0)])

    def grew(self, frame: Frame) -> None:
        """Take note of a frame that was appended."""
        self.last_seq = frame.last_seq
        self.size = frame.end


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` by `content` so that a crash leaves the old or the new file, never a mixture."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_all(descriptor, content)
        os.fdatasync(descriptor)
    except OSError:
        temporary.unlink()  # on a full disk every byte counts
        raise
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte, however many calls it takes."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
