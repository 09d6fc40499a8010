"""Cut a byte stream into syslog messages (RFC 6587), holding no more than one message at a time."""

from __future__ import annotations

import re

MAX_MESSAGE_BYTES = 64 * 1024
"""Longer messages are cut here; the cut is said at their end."""

_COUNT = re.compile(rb"([1-9][0-9]{0,9}) <")
_COUNT_PREFIX = re.compile(rb"[1-9][0-9]{0,9} ?\Z")


def cut(message: bytes, left_out: int) -> bytes:
    """Return a message that was cut, with a note saying how many bytes are missing."""
    return message + b" [tocsin: cut here, %d bytes left out]" % left_out


class Deframer:
    """Feeds on chunks of one connection, yields whole messages.

    A message starts with its length and a space when that is followed by `<` (octet counting); else it
    ends with a newline. Both may occur on one connection. Empty messages are left out.
    """

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._max = max_bytes
        self._buffer = b""
        self._head = b""  # of a message that is being cut
        self._skipped = 0
        self._left = 0  # bytes still to come of an octet-counted message that is being cut

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the messages that are whole now."""
        messages: list[bytes] = []
        data = self._buffer + chunk
        at = 0
        while at < len(data):
            step = self._skip(data, at, messages) if self._head else self._next(data, at, messages)
            if step == at:
                break
            at = step
        self._buffer = data[at:]
        return messages

    def end(self) -> list[bytes]:
        """Return what the connection left unfinished, as the message it would have become."""
        rest, self._buffer = self._buffer, b""
        if self._head:
            rest = cut(self._head, self._skipped)
            self._head = b""
        return [rest] if rest.strip() else []

    def _next(self, data: bytes, at: int, messages: list[bytes]) -> int:
        counted = _COUNT.match(data, at)
        if counted:
            return self._counted(data, counted.end() - 1, int(counted[1]), messages, at)
        if _COUNT_PREFIX.match(data, at):
            return at  # what follows decides
        return self._line(data, at, messages)

    def _counted(self, data: bytes, start: int, length: int, messages: list[bytes], at: int) -> int:
        if length > self._max:
            if len(data) - start < self._max:
                return at
            self._head = data[start : start + self._max]
            self._skipped = length - self._max
            self._left = self._skipped
            return start + self._max
        if len(data) - start < length:
            return at
        messages.append(data[start : start + length].rstrip(b"\r\n\0"))
        return start + length

    def _line(self, data: bytes, at: int, messages: list[bytes]) -> int:
        end = data.find(b"\n", at, at + self._max + 2)
        if end < 0:
            if len(data) - at <= self._max:
                return at
            self._head = data[at : at + self._max]
            self._skipped = 0
            self._left = 0
            return at + self._max
        line = data[at:end].rstrip(b"\r\n\0")
        if line:
            messages.append(line)
        return end + 1

    def _skip(self, data: bytes, at: int, messages: list[bytes]) -> int:
        if self._left:  # octet counting: the end is known
            step = min(self._left, len(data) - at)
            self._left -= step
            if not self._left:
                self._finish(messages)
            return at + step
        end = data.find(b"\n", at)
        self._skipped += (end if end >= 0 else len(data)) - at
        if end < 0:
            return len(data)
        self._finish(messages)
        return end + 1

    def _finish(self, messages: list[bytes]) -> None:
        messages.append(cut(self._head, self._skipped))
        self._head = b""
