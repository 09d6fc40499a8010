"""Indicators from MISP events and feeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.errors import ContentError
from tocsin.intel.drafts import Defaults, Reading
from tocsin.intel.mispfiles import read_misp, read_misp_folder
from tocsin.intel.recognise import Recogniser

RECOGNISER = Recogniser()


def attribute(type_: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "value": value, "to_ids": True, **more}


def event(*attributes: Any, **more: Any) -> dict[str, Any]:
    return {"Event": {"info": "An event", "Orgc": {"name": "Org"}, "Attribute": list(attributes), **more}}


def read(document: Any) -> Reading:
    reading = Reading()
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    read_misp(content, "e.json", RECOGNISER, Defaults(tlp=1), reading)
    return reading


def folder_reading(folder: Path) -> Reading:
    reading = Reading()
    read_misp_folder(folder, RECOGNISER, Defaults(), reading)
    return reading


def test_attribute_keeps_its_context() -> None:
    """Event's information, organisation and tags, own tags, times and the strictest TLP are kept."""
    stated = attribute(
        "domain",
        "Evil[.]com",
        comment="c2",
        timestamp=5,
        last_seen="1970-01-01T00:00:09+00:00",
        Tag=[{"name": "tlp:amber+strict"}],
    )
    draft = read(event(stated, Tag=[{"name": "tlp:green"}])).drafts["domain", "evil.com"]
    assert (draft.source, draft.event_info, draft.comment) == ("Org", "An event", "c2")
    assert (draft.tags, draft.tlp) == (("tlp:green", "tlp:amber+strict"), 3)
    assert (draft.first_seen_at, draft.last_seen_at) == (5_000_000, 9_000_000)


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("filename|sha256", f"a.exe|{'A' * 64}", [("hash", "a" * 64)]),
        ("malware-sample", f"a.exe|{'b' * 32}", [("hash", "b" * 32)]),
        ("domain|ip", "evil.com|192.0.2.1", [("domain", "evil.com"), ("ip", "192.0.2.1")]),
        ("ip-dst|port", "192.0.2.1|443", [("ip", "192.0.2.1")]),
        ("ip-src", "192.0.2.0/24", [("cidr", "192.0.2.0/24")]),
        ("regkey|value", r"HKLM\Run|x", [("registry", r"hklm\run")]),
    ],
)
def test_composite_is_split(type_: str, value: str, expected: list[tuple[str, str]]) -> None:
    """Composites give each part that means something alone."""
    assert expected == list(read(event(attribute(type_, value))).drafts)


def test_attributes_of_objects_are_read() -> None:
    """Attributes inside objects count as the event's."""
    document = event(Object=[{"name": "file", "Attribute": [attribute("md5", "a" * 32)]}, "junk", {}])
    assert [("hash", "a" * 32)] == list(read(document).drafts)


def test_only_what_is_for_detection_is_taken() -> None:
    """Attributes without `to_ids`, deleted ones and types that are no indicators are counted as skipped."""
    document = event(
        attribute("domain", "context.com", to_ids=False),
        attribute("domain", "gone.com", deleted=True),
        attribute("comment", "text"),
        attribute("domain", "text.com", to_ids="1"),
    )
    reading = read(document)
    assert ([("domain", "text.com")], 3, 0) == (list(reading.drafts), reading.skipped, reading.refused)


def test_bad_attribute_is_refused_with_its_number() -> None:
    """A malformed value is refused by its number and the rest is taken."""
    reading = read(event(attribute("md5", "xyz"), "junk", attribute("domain", "evil.com")))
    assert [1, 2] == [each.line for each in reading.refusals]
    assert [("domain", "evil.com")] == list(reading.drafts)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda e: e,
        lambda e: {"response": [e]},
        lambda e: [e],
        lambda e: e["Event"],
        lambda e: {"response": e},
    ],
)
def test_every_wrapping_is_read(wrap: Any) -> None:
    """Events come bare, in `Event`, in a list and in `response`."""
    assert [("domain", "evil.com")] == list(read(wrap(event(attribute("domain", "evil.com")))).drafts)


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"{}", b"1", b"[" * 100_000, b"\xff\xfe"])
def test_junk_is_refused_whole(junk: bytes) -> None:
    """What is no JSON, nested without end, or holds no event raises with the file's name."""
    with pytest.raises(ContentError) as caught:
        read(junk)
    assert caught.value.location is not None
    assert caught.value.location.path == "e.json"


def test_folder_follows_its_manifest(tmp_path: Path) -> None:
    """Only files the manifest names are read; missing ones and names that leave the folder are refused."""
    folder = tmp_path / "feed"
    folder.mkdir()
    (tmp_path / "outside.json").write_text(json.dumps(event(attribute("domain", "outside.com"))))
    (folder / "a.json").write_text(json.dumps(event(attribute("domain", "evil.com"))))
    (folder / "unnamed.json").write_text(json.dumps(event(attribute("domain", "unnamed.com"))))
    (folder / "manifest.json").write_text(json.dumps({"a": {}, "missing": {}, "../outside": {}}))
    reading = folder_reading(folder)
    assert [("domain", "evil.com")] == list(reading.drafts)
    assert {"missing.json", "manifest.json"} == {each.path for each in reading.refusals}


def test_broken_manifest_is_refused(tmp_path: Path) -> None:
    """A feed whose manifest is not an object is refused whole."""
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(ContentError):
        folder_reading(tmp_path)


def test_real_feed_is_read_whole(real_data: Path) -> None:
    """Infoblox's feed, with integers for text and no hashes.csv, gives its 61,000 indicators."""
    reading = folder_reading(real_data / "intel" / "misp-feed-infoblox")
    assert len(reading.drafts) > 55_000
    assert reading.refused < 100


def test_broken_file_among_real_events_is_named(real_data: Path) -> None:
    """Of ESET's events the one that is no JSON is refused with its line; the rest load."""
    reading = folder_reading(real_data / "intel" / "eset")
    broken = [each for each in reading.refusals if each.reason.startswith("not JSON")]
    assert [("pypi_backdoor-malicious_pypi_packages.misp-event.json", 37373)] == [
        (each.path, each.line) for each in broken
    ]
    assert len(reading.drafts) > 800
