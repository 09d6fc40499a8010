"""The index of hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tocsin.intel.index import IndicatorIndex
from tocsin.intel.kinds import key_hash

if TYPE_CHECKING:
    from conftest import Intel

from tocsin.core.actor import SYSTEM


def held(index: IndicatorIndex, *values: str) -> list[bool]:
    hashes = np.array([key_hash("ip", value) for value in values], dtype=np.uint64)
    return [bool(each) for each in index.snapshot.may_hold(hashes)]


def test_index_follows_the_database(intel: Intel) -> None:
    """After an import what it brought is held and nothing else; after another the new is held too."""
    assert intel.index.snapshot.is_empty
    intel.load("8.8.1.1\n8.8.1.2\n")
    assert held(intel.index, "8.8.1.1", "8.8.1.2", "8.8.1.3") == [True, True, False]
    intel.load("8.8.1.3", feed="other")
    assert held(intel.index, "8.8.1.1", "8.8.1.3") == [True, True]


def test_small_changes_go_to_the_delta(intel: Intel) -> None:
    """A second small import leaves the file alone."""
    intel.load("8.8.1.1")
    before = intel.index.snapshot
    intel.load("8.8.1.2", feed="other")
    after = intel.index.snapshot
    assert after.base is before.base
    assert len(after.delta) == 1


def test_large_changes_make_a_new_file(intel: Intel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the delta's size the file is written anew, the old one goes, and its readers keep it."""
    monkeypatch.setattr("tocsin.intel.index._MAX_DELTA", 1)
    intel.load("8.8.1.1")
    before = intel.index.snapshot
    intel.load("8.8.1.2\n8.8.1.3", feed="other")
    assert held(intel.index, "8.8.1.1", "8.8.1.3") == [True, True]
    assert len(intel.index.snapshot.delta) == 0
    assert len(list((intel.folder / "index").iterdir())) == 1
    assert len(before.base) == 1


def test_restart_maps_the_file_again(intel: Intel) -> None:
    """A second index over the same folder reads the file instead of building it."""
    intel.load("8.8.1.1")
    again = IndicatorIndex(intel.db, intel.folder / "index")
    again.refresh()
    assert isinstance(again.snapshot.base, np.memmap)
    assert held(again, "8.8.1.1") == [True]


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x93NUMPY\x01\x00"])
def test_broken_file_is_built_again(intel: Intel, junk: bytes) -> None:
    """A file that is not one of ours whole does not stop the start."""
    intel.load("8.8.1.1")
    (path,) = (intel.folder / "index").iterdir()
    path.write_bytes(junk)
    again = IndicatorIndex(intel.db, intel.folder / "index")
    again.refresh()
    assert held(again, "8.8.1.1") == [True]


def test_file_newer_than_the_database_is_not_used(intel: Intel) -> None:
    """After the database was restored from a backup the index is built from it."""
    intel.load("8.8.1.1")
    (path,) = (intel.folder / "index").iterdir()
    path.rename(path.with_name("indicators-99999999999999999.npy"))
    again = IndicatorIndex(intel.db, intel.folder / "index")
    again.refresh()
    assert held(again, "8.8.1.1") == [True]
    assert again.snapshot.base_revision == again.snapshot.revision


def test_unchanged_database_costs_nothing(intel: Intel) -> None:
    """A refresh without a change keeps the very same snapshot."""
    intel.load("8.8.1.1")
    assert intel.index.refresh() is intel.index.refresh()


def test_networks_are_held(intel: Intel) -> None:
    """Networks stand in the snapshot, and leave it when they leave the feed."""
    intel.load("8.8.0.0/16")
    assert list(intel.index.snapshot.networks.holding("8.8.9.9")) == ["8.8.0.0/16"]
    intel.load("8.9.0.0/16")
    assert list(intel.index.snapshot.networks.holding("8.8.9.9")) == []


def test_deleted_indicator_changes_the_revision(intel: Intel) -> None:
    """A deletion is a change like any other."""
    intel.load("8.8.1.1")
    before = intel.index.snapshot.revision
    with intel.db.write() as tx:
        (one,) = intel.service.indicators(tx).items
        intel.service.delete(tx, one.id, SYSTEM)
    assert intel.index.refresh().revision > before
