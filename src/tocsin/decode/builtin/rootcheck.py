"""Rootcheck: one finding of the host's own checks for rootkits and bad settings, as plain text."""

from __future__ import annotations

import re
from typing import Any

from tocsin.decode.builtin.values import as_bytes, put, store
from tocsin.decode.subject import Subject

NAMES: frozenset[str] = frozenset({"rootcheck"})
_QUOTED_FILE = re.compile(r"\b([Ff]ile) '([^'\n]{1,4096})'")
_NAMED_FILE = re.compile(r"\bFile: ([^\s'][^\n]{0,4096}?)\.?(?: Reference:|\s*$)")


def read_rootcheck(subject: Subject, raw: bytes) -> Any:
    """Read one finding; it states no time of its own."""
    put_rootcheck(subject, raw.decode("utf-8", "replace").strip())


def put_rootcheck(subject: Subject, text: str) -> None:
    """Give rules and event what a finding says.

    Its first sentence, without the file, is the title. Title and file tell one finding from the other:
    `if_fts` holds the first time a host reports it.
    """
    subject.decoder, subject.category = "rootcheck", "ossec"
    subject.rewrite(as_bytes(text))
    quoted, named = _QUOTED_FILE.search(text), _NAMED_FILE.search(text)
    title = _QUOTED_FILE.sub(r"\1", text, count=1)
    sentence, stop, _ = title.partition(". ")
    put(subject, "title", "data.title", (sentence + stop).strip()[:1_024])
    if quoted or named:
        put(subject, "file", "data.file", quoted[2] if quoted else named and named[1])
        store(subject, "file.path", subject.fields["data.file"])
    subject.fts = ("hostname", "location", "title", "file")
