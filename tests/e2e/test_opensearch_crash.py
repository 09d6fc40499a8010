"""Promises 1 and 2 on OpenSearch: node and server die in the middle of writing, the ledger adds up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.flows import BeatsFlow, BulkFlow
from harness.opensearch import Node, own_opensearch
from harness.sending import read_log, unbalanced
from harness.stage import Stage
from harness.tripwire import Tripwire
from harness.waiting import PATIENCE_S, until
from tocsin.store.opensearch.client import Access, Client

SEED = 20_261_124
PREFIX = "crash"
EVENTS, RECORD = b"_bulk", b"_create"
"""Requests that write events, and the record that acknowledges them."""


class WiredStage(Stage):
    """A stage whose log stands on a node behind a wire."""

    def __init__(self, folder: Path, node: Node, wire: Tripwire) -> None:
        self.node = node
        self.wire = wire
        address = f"http://127.0.0.1:{wire.port}"
        super().__init__(
            folder, settings=f'[store]\nkind = "opensearch"\nurl = "{address}"\nprefix = "{PREFIX}"\n'
        )
        for flow in self.flows:
            flow.size = 50

    def kill_node(self, path: bytes, share: float, pause_s: float) -> None:
        """Kill the node while it is written to, and start it again."""
        self.wire.cut(path, share, pause_s, self.node.kill)
        self.node.start()

    def kill_server(self, path: bytes, share: float, pause_s: float) -> None:
        """Kill the server and the workers it has while it writes, and start it again."""
        self.wire.cut(path, share, pause_s, self.end_server)
        self.server.start()

    def recover(self) -> None:
        """Wait until those who wait for acknowledgements are given some again."""
        waiting = [flow for flow in self.flows if isinstance(flow, BulkFlow | BeatsFlow)]
        before = [len(flow.acknowledged) for flow in waiting]
        until(
            lambda: all(len(flow.acknowledged) > n for flow, n in zip(waiting, before, strict=True)),
            3 * PATIENCE_S,
        )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[WiredStage]:
    """Everything up, and lines flowing."""
    with ExitStack() as open_:
        node = open_.enter_context(own_opensearch())
        wire = Tripwire(node.port)
        open_.callback(wire.close)
        stage = WiredStage(tmp_path, node, wire)
        open_.callback(stage.close)
        for flow in stage.flows:
            flow.start()
        yield stage


@pytest.mark.slow
def test_node_and_server_die_in_the_middle_of_writing(stage: WiredStage) -> None:
    """Killed within a request or right behind it, at points drawn anew: all acknowledged is there, once."""
    chance = random.Random(SEED)
    strikes = [
        (stage.kill_node, EVENTS, chance.uniform(0.0, 1.0)),
        (stage.kill_node, RECORD, 1.0),  # which is carried out or not, answered or not
        (stage.kill_server, EVENTS, 1.0),
        (stage.kill_server, RECORD, chance.uniform(0.0, 1.0)),
    ]
    chance.shuffle(strikes)
    for strike, path, share in strikes:
        strike(path, share, chance.uniform(0.0, 0.02))
        stage.recover()
    stage.settle()
    file, syslog, *acknowledged = stage.flows
    client = stage.server.client()
    until(
        lambda: client.get("/events/count", params={"q": "agent"}).json()["count"] >= file.sent,
        3 * PATIENCE_S,
    )
    until(lambda: not unbalanced(stage.server))

    stored, by_source = read_log(stage.server)
    for flow in stage.flows:
        assert {number: times for number, times in stored[flow.name].items() if times > 1} == {}, flow.name
    assert set(range(file.sent)) == set(stored[file.name])
    for flow in acknowledged:
        assert flow.acknowledged, flow.name
        assert set(range(flow.sent)) == flow.acknowledged == set(stored[flow.name])
    assert stored[syslog.name]
    ledger = {item["id"]: item for item in client.get("/sources", params={"limit": 500}).json()["items"]}
    assert {source: item["stored"] for source, item in ledger.items() if item["stored"]} == by_source
    for item in ledger.values():
        assert item["received"] == item["stored"] + item["duplicates"] + item["refused"]
        assert item["under_way"] == 0
    assert sum(by_source.values()) == indexed(stage.node) == recorded(stage.node)


def indexed(node: Node) -> int:
    """Return how many documents of events the node has."""
    client = Client(Access((node.url,)))
    client.post(f"{PREFIX}-events/_refresh", None)
    found: int = client.get(f"{PREFIX}-events/_count")["count"]
    return found


def recorded(node: Node) -> int:
    """Return how many events the records of commits tell of."""
    query = {"size": 10_000, "query": {"term": {"kind": "commit"}}}
    client = Client(Access((node.url,)))
    client.post(f"{PREFIX}-log/_refresh", None)  # by itself it shows what is new after seconds
    hits = client.post(f"{PREFIX}-log/_search", query)["hits"]["hits"]
    return sum(part[-1] for hit in hits for part in hit["_source"]["parts"])
