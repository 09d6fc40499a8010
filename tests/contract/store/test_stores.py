"""Which log a data folder belongs to: a wrong or emptied one on a cluster is refused, not taken for ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.opensearch import indices
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.settings import SettingsError
from tocsin.settings_sections import StoreSettings
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.stores import open_store

NOON = from_iso("2026-11-24T12:00:00Z")
CLOCK = ManualClock(NOON)


@pytest.fixture
def settings(opensearch: str) -> Iterator[StoreSettings]:
    """Settings for a log of this test alone."""
    with indices(opensearch) as layout:
        yield StoreSettings(kind="opensearch", url=f" {opensearch} ,", prefix=layout.prefix)


def test_settings_choose_the_log(settings: StoreSettings, tmp_path: Path) -> None:
    """The embedded one by default, one on a cluster when asked for; the same again after a restart."""
    embedded = open_store(StoreSettings(), tmp_path / "a", CLOCK)
    assert isinstance(embedded, DuckDBStore)
    embedded.close()
    for _ in range(2):
        store = open_store(settings, tmp_path / "b", CLOCK)
        assert isinstance(store, OpenSearchStore)
        store.close()


def test_history_is_not_left_behind(settings: StoreSettings, tmp_path: Path) -> None:
    """With a history here and none there, the way to move it is named."""
    embedded = open_store(StoreSettings(), tmp_path, CLOCK)
    embedded.commit(Batch("s", [Event("s", 1, NOON, NOON, "m", {})], 1))
    embedded.close()
    with pytest.raises(SettingsError, match="store migrate"):
        open_store(settings, tmp_path, CLOCK)


def test_another_log_is_refused(settings: StoreSettings, tmp_path: Path) -> None:
    """When the indices were deleted, a new log under the same name is not taken for the old one."""
    open_store(settings, tmp_path, CLOCK).close()
    client = Client(Access(settings.hosts))
    client.delete(f"{settings.prefix}-*")
    client.close()
    with pytest.raises(SettingsError, match="not the one this"):
        open_store(settings, tmp_path, CLOCK)


def test_address_is_needed(tmp_path: Path) -> None:
    """Without an address, or with a password in it, the setting is named and nothing of it repeated."""
    with pytest.raises(SettingsError, match=r"store\.url"):
        open_store(StoreSettings(kind="opensearch"), tmp_path, CLOCK)
    secret = StoreSettings(kind="opensearch", url="http://u:hunter2@search:9200", password="hunter3")
    with pytest.raises(Exception, match="without user or password") as refused:
        open_store(secret, tmp_path, CLOCK)
    assert "hunter" not in str(refused.value) + repr(secret.password)
