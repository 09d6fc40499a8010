"""Decide how an import file is to be read, and read it."""

from __future__ import annotations

from pathlib import Path

from tocsin.core.errors import ContentError, InvalidError, Location
from tocsin.intel.drafts import Defaults, Format, Reading
from tocsin.intel.extract import Extractor
from tocsin.intel.mispfiles import read_misp, read_misp_folder
from tocsin.intel.textfiles import has_heading, read_csv, read_freetext

MAX_FILE_BYTES = 256 * 1024 * 1024
_SAMPLE = 65_536


def read_content(
    content: bytes, name: str, format_: Format, extractor: Extractor, defaults: Defaults
) -> tuple[Format, Reading]:
    """Return the format found and what the content of a file states.

    Raises `ContentError` when the file is too large or, as a MISP file, unreadable.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ContentError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(name))
    reading = Reading()
    found = format_of(content) if format_ == "auto" else format_
    if found == "misp":
        read_misp(content, name, extractor.recogniser, defaults, reading)
        return found, reading
    text = content.decode("utf-8-sig", "replace")
    if found == "csv":
        read_csv(text, extractor.recogniser, defaults, reading)
    elif found == "freetext":
        read_freetext(text, extractor, defaults, reading)
    else:
        raise InvalidError(f"{format_!r} is none of auto, csv, freetext, misp")
    return found, reading


def read_path(
    path: Path, format_: Format, extractor: Extractor, defaults: Defaults
) -> tuple[Format, Reading]:
    """Return what a file, or the folder of a MISP feed, states; raises as `read_content` does."""
    if path.is_dir():
        if format_ not in {"auto", "misp"}:
            raise InvalidError(f"{path} is a folder; only a MISP feed is read from one")
        reading = Reading()
        read_misp_folder(path, extractor.recogniser, defaults, reading)
        return "misp", reading
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ContentError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(str(path)))
        content = path.read_bytes()
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    return read_content(content, path.name, format_, extractor, defaults)


def format_of(content: bytes) -> Format:
    """Return `misp` for JSON, `csv` for a heading that names a column of values, else `freetext`."""
    head = content[:_SAMPLE].decode("utf-8-sig", "replace").lstrip()
    if head.startswith(("{", "[")):
        return "misp"
    for line in head.splitlines():
        if line.strip() and not line.startswith(("#", "//")):
            return "csv" if has_heading(line) else "freetext"
    return "freetext"
