"""Cut a byte stream into the frames of the Lumberjack protocol, versions 1 and 2, in bounded memory.

A frame begins with its version (`1` or `2`) and its type: `W` states how many documents make a window, `J`
holds one as JSON (version 2), `D` one as pairs of names and values, `C` holds frames compressed with zlib.
Numbers are 32 bits, big-endian. Documents that are too large are passed over and said to be.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import msgspec

from tocsin.ingest.errors import BadBatchError, IngestError
from tocsin.ingest.inflate import ZlibStream

_VERSIONS = {0x31: 1, 0x32: 2}
_SKIP = 64 * 1024


class BadFrameError(IngestError):
    """The bytes do not follow the protocol: where the next frame begins cannot be told."""

    code = "bad-frame"


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What a sender may state or send; beyond `document_bytes` a document is refused, else the connection."""

    window: int = 100_000
    document_bytes: int = 1024 * 1024
    payload_bytes: int = 64 * 1024 * 1024
    inflated_bytes: int = 128 * 1024 * 1024
    pairs: int = 4_096


@dataclass(frozen=True, slots=True)
class Window:
    """The sender waits for an acknowledgement after so many documents."""

    version: int
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A document and its number in the window; `fault` says why it is refused."""

    version: int
    seq: int
    raw: bytes
    fault: str = ""


Frame = Window | Sent
_Reading = Generator[Frame | None, None, None]
"""Yields frames, and None where more bytes are needed."""


class FrameReader:
    """Feeds on chunks of one connection. It holds a document and a chunk at most.

    What `feed` returns must be consumed before it is fed again; it raises `BadFrameError` for bytes that do
    not follow the protocol, after which nothing more may be fed.
    """

    def __init__(self, limits: FrameLimits | None = None, *, inside: bool = False) -> None:
        self._limits = limits or FrameLimits()
        self._inside = inside
        self._buffer = bytearray()
        self._at_boundary = True
        self._frames = self._read()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Yield the frames that are whole now."""
        self._buffer += chunk
        while (frame := next(self._frames)) is not None:
            yield frame

    def is_between_frames(self) -> bool:
        """Tell whether nothing of a frame is outstanding."""
        return self._at_boundary and not self._buffer

    def _read(self) -> _Reading:
        while True:
            self._at_boundary = True
            head = yield from self._exactly(2)
            self._at_boundary = False
            version, kind = _VERSIONS.get(head[0]), head[1:]
            if version is None:
                raise BadFrameError(f"0x{head[0]:02x} is no version of the protocol: 1 and 2 are")
            if kind == b"J" and version == 2:
                yield from self._json(version)
            elif kind == b"D":
                yield from self._pairs(version)
            elif kind == b"W" and not self._inside:
                yield from self._window(version)
            elif kind == b"C" and not self._inside:
                yield from self._compressed()
            else:
                where = " within a compressed frame" if self._inside else ""
                raise BadFrameError(f"0x{kind[0]:02x} is no frame of version {version}{where}")

    def _window(self, version: int) -> _Reading:
        size = yield from self._number()
        if size > self._limits.window:
            raise BadFrameError(f"a window of {size} documents: {self._limits.window} are the most")
        yield Window(version, size)

    def _json(self, version: int) -> _Reading:
        seq = yield from self._number()
        length = yield from self._length()
        if length > self._limits.document_bytes:
            yield from self._skip(length)
            yield Sent(version, seq, b"", self._too_large())
        else:
            raw = yield from self._exactly(length)
            yield Sent(version, seq, raw)

    def _pairs(self, version: int) -> _Reading:
        seq = yield from self._number()
        count = yield from self._number()
        if count > self._limits.pairs:
            raise BadFrameError(f"a document of {count} pairs: {self._limits.pairs} are the most")
        document: dict[str, str] = {}
        size = 0
        for _ in range(count):
            pair: list[str] = []
            for _ in range(2):
                length = yield from self._length()
                size += length
                if size > self._limits.document_bytes:
                    yield from self._skip(length)
                else:
                    text = yield from self._exactly(length)
                    pair.append(text.decode("utf-8", "replace"))
            if len(pair) == 2:
                document[pair[0]] = pair[1]
        if size > self._limits.document_bytes:
            yield Sent(version, seq, b"", self._too_large())
        else:
            yield Sent(version, seq, msgspec.json.encode(document))

    def _compressed(self) -> _Reading:
        left = yield from self._length()
        inner = FrameReader(self._limits, inside=True)
        stream = ZlibStream(self._limits.inflated_bytes)
        try:
            while left:
                part = yield from self._some(left)
                left -= len(part)
                for piece in stream.feed(part):
                    yield from inner.feed(piece)
            for piece in stream.end():
                yield from inner.feed(piece)
        except (BadBatchError, IngestError) as error:
            raise BadFrameError(f"a compressed frame: {error.message}") from error
        if not inner.is_between_frames():
            raise BadFrameError("a compressed frame ends within a frame")

    def _length(self) -> Generator[None, None, int]:
        length = yield from self._number()
        if length > self._limits.payload_bytes:
            raise BadFrameError(f"{length} bytes in one frame: {self._limits.payload_bytes} are the most")
        return length

    def _number(self) -> Generator[None, None, int]:
        return int.from_bytes((yield from self._exactly(4)), "big")

    def _exactly(self, count: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < count:
            yield
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _some(self, most: int) -> Generator[None, None, bytes]:
        while not self._buffer:
            yield
        taken = bytes(self._buffer[: min(most, _SKIP)])
        del self._buffer[: len(taken)]
        return taken

    def _skip(self, count: int) -> Generator[None, None, None]:
        while count:
            count -= len((yield from self._some(count)))

    def _too_large(self) -> str:
        return f"document too large: more than {self._limits.document_bytes} bytes"
