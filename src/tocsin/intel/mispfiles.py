"""Read MISP events: single files and the folder of a feed.

Read leniently, as real feeds need: numbers may be text and text numbers, `hashes.csv` may be missing, and a
file may hold `{"Event": ...}`, `{"response": [{"Event": ...}]}`, a list of those, or a bare event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.errors import ContentError, InvalidError, Location
from tocsin.intel.drafts import Defaults, Draft, Reading
from tocsin.intel.kinds import normalise
from tocsin.intel.mapping import parts_of, tlp_of
from tocsin.intel.recognise import Recogniser, refang

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ATTRIBUTES = 500_000
MAX_FILES = 50_000


@dataclass(frozen=True, slots=True)
class _Context:
    """What an event says of all its attributes."""

    path: str
    info: str
    organisation: str
    tags: tuple[str, ...]
    defaults: Defaults


def read_misp(
    content: bytes, path: str, recogniser: Recogniser, defaults: Defaults, reading: Reading
) -> None:
    """Take the attributes of the events of one file that are marked for detection (`to_ids`).

    Raises `ContentError` with the line when the file is not JSON, too large or holds no event.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ContentError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(path))
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ContentError(f"not JSON: {error.msg}", location=Location(path, error.lineno)) from error
    events = list(_events(document))
    if not events:
        raise ContentError("holds no MISP event", location=Location(path, 1))
    for event in events:
        _read_event(event, path, recogniser, defaults, reading)


def read_misp_folder(folder: Path, recogniser: Recogniser, defaults: Defaults, reading: Reading) -> None:
    """Take every event of a feed's folder: those its `manifest.json` names, or without one every `*.json`.

    A file that cannot be read is refused with its name and reason and the rest is loaded.
    """
    for path in _event_files(folder, reading):
        try:
            read_misp(_content(path), path.name, recogniser, defaults, reading)
        except OSError as error:
            reading.refuse(0, f"cannot be read: {error.strerror}", path=path.name)
        except ContentError as error:
            reading.refuse(error.location.line if error.location else 0, error.message, path=path.name)


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ContentError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(path.name))
    return path.read_bytes()


def _event_files(folder: Path, reading: Reading) -> Iterator[Path]:
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        yield from (path for path in sorted(folder.glob("*.json"))[:MAX_FILES] if path.is_file())
        return
    try:
        named = orjson.loads(manifest.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ContentError(
            f"not JSON: {error.msg}", location=Location(manifest.name, error.lineno)
        ) from error
    if not isinstance(named, dict):
        raise ContentError("is not an object of events", location=Location(manifest.name, 1))
    for name in list(named)[:MAX_FILES]:
        path = folder / f"{name}.json"
        if Path(name).name != name or path.is_symlink():
            reading.refuse(0, "the manifest names a file outside the folder", str(name), manifest.name)
        elif not path.is_file():
            reading.refuse(0, "named by the manifest and missing", path=path.name)
        else:
            yield path


def _events(document: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for item in document:
            yield from _events(item)
    elif isinstance(document, dict):
        if isinstance(document.get("Event"), dict):
            yield document["Event"]
        elif "response" in document:
            yield from _events(document["response"])
        elif isinstance(document.get("Attribute"), list) or isinstance(document.get("Object"), list):
            yield document


def _read_event(
    event: Mapping[str, Any], path: str, recogniser: Recogniser, defaults: Defaults, reading: Reading
) -> None:
    organisation = event.get("Orgc")
    context = _Context(
        path,
        str(event.get("info", ""))[:500],
        str(organisation.get("name", ""))[:200] if isinstance(organisation, dict) else "",
        (*defaults.tags, *_tags(event)),
        defaults,
    )
    for number, attribute in enumerate(_attributes(event), 1):
        if number > MAX_ATTRIBUTES:
            reading.refuse(number, f"more than {MAX_ATTRIBUTES} attributes in one event", path=path)
            return
        if not isinstance(attribute, dict):
            reading.refuse(number, "the attribute is not an object", path=path)
        elif not _is_true(attribute.get("to_ids")) or _is_true(attribute.get("deleted")):
            reading.skipped += 1
        else:
            _read_attribute(number, attribute, context, recogniser, reading)


def _attributes(event: Mapping[str, Any]) -> Iterator[Any]:
    yield from _list(event.get("Attribute"))
    for item in _list(event.get("Object")):
        if isinstance(item, dict):
            yield from _list(item.get("Attribute"))


def _read_attribute(
    number: int,
    attribute: Mapping[str, Any],
    context: _Context,
    recogniser: Recogniser,
    reading: Reading,
) -> None:
    defaults = context.defaults
    stated = str(attribute.get("value", ""))
    parts = parts_of(str(attribute.get("type", "")), refang(stated))
    if not parts:
        reading.skipped += 1
        return
    tags = tuple(dict.fromkeys((*context.tags, *_tags(attribute))))
    try:
        for kind, value in parts:
            if kind == "ip" and "/" in value:
                kind = "cidr"  # noqa: PLW2901 - MISP writes networks under the types of addresses
            read = recogniser.read(kind, value) if kind == "cidr" else None
            reading.take(
                Draft(
                    kind=read.kind if read else kind,
                    value=read.value if read else normalise(kind, value),
                    confidence=defaults.confidence,
                    tlp=max(
                        (level for tag in tags if (level := _tlp(tag)) is not None), default=defaults.tlp
                    ),
                    tags=tags,
                    comment=str(attribute.get("comment", "")),
                    source=context.organisation,
                    event_info=context.info,
                    valid_until_at=defaults.valid_until_at,
                    first_seen_at=_seen(attribute.get("first_seen")) or _epoch(attribute.get("timestamp")),
                    last_seen_at=_seen(attribute.get("last_seen")),
                )
            )
    except InvalidError as error:
        reading.refuse(number, error.message, stated, context.path)


def _tags(thing: Mapping[str, Any]) -> tuple[str, ...]:
    found = (tag.get("name") for tag in _list(thing.get("Tag")) if isinstance(tag, dict))
    return tuple(str(name)[:300] for name in found if name)


def _tlp(tag: str) -> int | None:
    return tlp_of(tag) if tag.lower().startswith("tlp:") else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_true(value: object) -> bool:
    return value is True or value in (1, "1", "true", "True")


def _seen(value: object) -> int | None:
    try:
        return from_iso(value) if isinstance(value, str) and value else None
    except InvalidError:
        return None


def _epoch(value: object) -> int | None:
    text = str(value)
    return int(text) * SECOND if text.isascii() and text.isdigit() and 0 < len(text) <= 11 else None
