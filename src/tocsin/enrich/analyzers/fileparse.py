"""Read a file of unknown content: the child's side of the file analyzer."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import puremagic

from tocsin.enrich.base import AnalysisError

MAX_FILE_BYTES = 256 << 20
_HEAD = 8 << 20
_MAX_STRINGS = 2_000
_ASCII = re.compile(rb"[\x20-\x7e]{6,400}")
_UTF16 = re.compile(rb"(?:[\x20-\x7e]\x00){6,400}")
_PROGRAMS = {
    b"MZ": "Windows program",
    b"\x7fELF": "Linux program",
    b"#!": "script",
    b"\xca\xfe\xba\xbe": "Java class or macOS program",
}


def inspect_file(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hashes, type, entropy and strings of the file at `path`; strings of its first 8 MiB."""
    path = Path(str(request["path"]))
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise AnalysisError(f"the file has {size} bytes, {MAX_FILE_BYTES} are allowed")
    digests = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    with path.open("rb") as file:
        head = file.read(_HEAD)
        chunk = head
        while chunk:
            for digest in digests:
                digest.update(chunk)
            chunk = file.read(1 << 20)
    return {
        "size_bytes": size,
        **{digest.name: digest.hexdigest() for digest in digests},
        "program": next((name for magic, name in _PROGRAMS.items() if head.startswith(magic)), ""),
        "types": _types(head),
        "entropy": round(_entropy(head), 3),
        "strings": _strings(head),
    }


def _types(head: bytes) -> list[dict[str, str]]:
    try:
        found = puremagic.magic_string(head[:65_536])
    except (puremagic.PureError, ValueError):
        return []
    return [{"name": each.name, "mime": each.mime_type, "extension": each.extension} for each in found[:3]]


def _entropy(data: bytes) -> float:
    """Return bits per byte; near 8 the content is compressed or encrypted."""
    counts = (data.count(bytes((value,))) for value in range(256))
    shares = [count / len(data) for count in counts if count] if data else []
    return -sum(share * math.log2(share) for share in shares)


def _strings(head: bytes) -> list[str]:
    found: dict[str, None] = {}
    for pattern, encoding in ((_ASCII, "ascii"), (_UTF16, "utf-16-le")):
        for match in pattern.finditer(head):
            found.setdefault(match[0].decode(encoding))
            if len(found) >= _MAX_STRINGS:
                break
    return list(found)
