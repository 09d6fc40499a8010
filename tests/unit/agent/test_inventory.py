"""The host's inventory: real facts, reported when they change."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from tocsin.agent.inventory import InventoryCollector, read_inventory

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench


def test_the_facts_are_this_hosts() -> None:
    """System, kernel, processor, memory and users are those of the machine."""
    facts = read_inventory()
    assert facts["hostname"] == socket.gethostname()
    assert facts["kernel"] == os.uname().release
    assert facts["cpu"]["count"] == os.cpu_count()
    assert facts["memory_bytes"] > 64 * 1024 * 1024
    assert {"name": "root", "uid": 0} == {key: facts["users"][0][key] for key in ("name", "uid")}
    assert facts == read_inventory()


def test_only_changes_are_reported(bench: Bench) -> None:
    """The inventory is a finding at first, then only with what changed, also over a restart."""
    facts: dict[str, Any] = {"kernel": "6.1", "users": [{"name": "root"}]}
    collector = InventoryCollector(bench.baseline, interval_s=60, read=lambda: dict(facts))
    collector.scan()
    collector.scan()
    bench.restart()
    collector = InventoryCollector(bench.baseline, interval_s=60, read=lambda: dict(facts))
    collector.scan()
    facts["users"] = [{"name": "root"}, {"name": "evil"}]
    collector.scan()
    first, second = bench.findings()
    assert first == {
        "type": "inventory",
        "action": "host",
        "host": {"kernel": "6.1", "users": [{"name": "root"}]},
    }
    assert second["changed_attributes"] == ["users"]
    assert collector.present == facts
