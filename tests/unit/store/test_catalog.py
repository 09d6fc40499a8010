"""The catalog file."""

from __future__ import annotations

from pathlib import Path

from tocsin.store.catalog import Catalog, DaySummary, FieldCounts, load_catalog, save_catalog


def test_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Everything a day tells survives."""
    day = DaySummary(3, 1, 2, {"s": (1, 9)}, {"rule.groups"}, FieldCounts(2, {"a": 1}, {"a": "long"}), 10, 20)
    catalog = Catalog(7, {"s": 9}, {"2026-11-24": day})
    save_catalog(tmp_path / "catalog.json", catalog)
    assert catalog == load_catalog(tmp_path / "catalog.json")
    assert ["catalog.json"] == [path.name for path in tmp_path.iterdir()]


def test_absent_or_broken_is_empty(tmp_path: Path) -> None:
    """It can be made again from the days, so nothing stops for it."""
    path = tmp_path / "catalog.json"
    assert Catalog() == load_catalog(path)
    for junk in (b"", b"{", b"[]", b'{"last_commit": "x"}', b"\xff"):
        path.write_bytes(junk)
        assert Catalog() == load_catalog(path)
