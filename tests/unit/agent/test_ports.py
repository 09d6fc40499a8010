"""Listening ports: new ones, gone ones, and who holds them."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tocsin.agent.findings import Listener
from tocsin.agent.ports import PortCollector, compare, read_listeners

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench


def test_a_real_port_is_seen_opening_and_closing(bench: Bench) -> None:
    """A socket this test opens is reported with this very process, and again when it is closed."""
    collector = PortCollector(bench.baseline, interval_s=60)
    collector.scan()
    assert [finding["action"] for finding in bench.findings()] == ["ports"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        collector.scan()
    collector.scan()
    mine = [finding for finding in bench.findings() if finding.get("port") == port]
    assert [finding["action"] for finding in mine] == ["opened", "closed"]
    me = psutil.Process()
    for finding in mine:
        assert finding["type"] == "port"
        assert (finding["protocol"], finding["address"]) == ("tcp", "127.0.0.1")
        assert (finding["pid"], finding["process"]) == (os.getpid(), me.name())
        assert (finding["executable"], finding["user"]) == (str(Path(me.exe())), me.username())


def test_udp_ports_count_unless_they_are_a_clients(bench: Bench) -> None:
    """A bound UDP port below the ephemeral range listens; one the system gave to a client does not."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        for port in range(20_000, 20_100):
            try:
                server.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        client.bind(("127.0.0.1", 0))
        ports = {listener.port for listener in read_listeners() if listener.protocol == "udp"}
        assert server.getsockname()[1] in ports
        assert client.getsockname()[1] not in ports


def test_the_baseline_survives_a_restart(bench: Bench) -> None:
    """A port that opened while the agent was down is reported, what was there before is not."""
    ssh = Listener("tcp", "0.0.0.0", 22, 10, "sshd", "/usr/sbin/sshd", "root")
    evil = Listener("tcp", "0.0.0.0", 4444, 66, "nc", "/usr/bin/nc", "www-data")
    PortCollector(bench.baseline, interval_s=60, read=lambda: [ssh]).scan()
    bench.restart()
    PortCollector(bench.baseline, interval_s=60, read=lambda: [ssh, evil]).scan()
    inventory, opened, listing = bench.findings()
    assert [port["port"] for port in listing["ports"]] == [22, 4444]
    assert inventory["ports"] == [
        {
            "protocol": "tcp",
            "address": "0.0.0.0",
            "port": 22,
            "pid": 10,
            "process": "sshd",
            "executable": "/usr/sbin/sshd",
            "user": "root",
        }
    ]
    assert (opened["action"], opened["port"], opened["process"]) == ("opened", 4444, "nc")


def test_another_program_on_the_same_port_is_news() -> None:
    """A restart of the same program is not reported, a different program is, with the former one."""
    key = ("tcp", "::", 80)
    before = Listener("tcp", "::", 80, 10, "nginx", "/usr/sbin/nginx", "root")
    again = Listener("tcp", "::", 80, 11, "nginx", "/usr/sbin/nginx", "root")
    other = Listener("tcp", "::", 80, 12, "evil", "/tmp/evil", "root")
    assert compare({key: before}, {key: again}) == []
    (finding,) = compare({key: before}, {key: other})
    assert (finding.action, finding.process, finding.old) == ("opened", "evil", before)
