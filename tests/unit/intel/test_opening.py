"""Intel as the platform opens it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin.core.errors import ContentError
from tocsin.core.event import Event
from tocsin.intel import ImportOrder, Intel, IntelSettings

if TYPE_CHECKING:
    from conftest import Intel as Parts

from tocsin.core.actor import SYSTEM

CONTENT = Path(__file__).resolve().parents[3] / "content" / "warninglists"


def test_restart_knows_what_was_imported(intel: Parts) -> None:
    """Indicators and switched-off warninglists are there after a restart, for matching and lookup."""
    settings = IntelSettings(folder=intel.folder / "i", warninglists=[CONTENT], own_networks=["8.8.0.0/16"])
    first = Intel(intel.db, intel.clock, intel.trail, settings)
    assert first.open() == []
    done = first.import_content(b"8.8.1.1\n8.8.8.8\n", "x.txt", ImportOrder("f"), SYSTEM)
    assert done.added == 2
    with intel.db.write() as tx:
        first.service.enable_warninglist(tx, "Public DNS resolvers", False, SYSTEM)
    again = Intel(intel.db, intel.clock, intel.trail, settings)
    again.open()
    one = Event("s", 1, 0, 0, "", {"source.ip": "8.8.1.1", "destination.ip": "8.8.8.8"})
    again.matcher().match([one])
    assert one.fields["threat.indicator.value"] == ["8.8.1.1", "8.8.8.8"]
    assert again.known("ip", "8.8.8.8").verdict == "suspicious"
    assert again.extractor.is_private("ip", "8.8.1.1")


def test_refused_file_is_noted_with_its_feed(intel: Parts, tmp_path: Path) -> None:
    """A file refused whole raises and its feed says why."""
    made = Intel(intel.db, intel.clock, intel.trail, IntelSettings(folder=intel.folder / "i"))
    made.open()
    path = tmp_path / "broken.json"
    path.write_text('{"Event": ')
    for attempt in (
        lambda: made.import_path(path, ImportOrder("f"), SYSTEM),
        lambda: made.import_content(b"[1]", "x", ImportOrder("g", "misp"), SYSTEM),
    ):
        with pytest.raises(ContentError):
            attempt()
    with intel.db.read() as tx:
        assert {"f": True, "g": True} == {feed.name: bool(feed.last_error) for feed in made.service.feeds(tx)}
