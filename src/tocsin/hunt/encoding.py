"""Text files as UTF-8 without a byte order mark, whatever Windows wrote them as."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the content in UTF-8: UTF-16 with its mark is recoded, the mark of UTF-8 left out."""
    head = next(chunks, b"")
    if encoding := _UTF16.get(head[:2]):
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        for chunk in chain([head[2:]], chunks):
            yield decoder.decode(chunk).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    yield head.removeprefix(codecs.BOM_UTF8)
    yield from chunks
