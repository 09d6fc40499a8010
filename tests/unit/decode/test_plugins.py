"""The plugins that read packet filters, firewalls, a web proxy and forwarded alerts."""

from __future__ import annotations

import pytest

from tocsin.decode.plugins import PLUGINS
from tocsin.decode.subject import Subject

PF = "rule 2/(match) {} on xl0: {} > {}: {}"
SONICWALL = (
    'id=firewall sn=00301E0526B1 time="2004-04-01 10:39:35" fw=67.32.44.2 pri=5 c=64 m=36 '
    'msg="TCP connection dropped" n=2686 src=192.0.2.19:4507:WAN dst=192.0.2.2:445:LAN proto=tcp/445'
)


def _read(plugin: str, log: str) -> Subject:
    subject = Subject(log)
    PLUGINS[plugin](subject, 0)
    return subject


@pytest.mark.parametrize(
    ("log", "values"),
    [
        (
            PF.format("pass in", "192.0.2.3.6667", "198.51.100.10.16290", "P 7408:7677(269) ack 1773"),
            ["pass", "192.0.2.3", "6667", "198.51.100.10", "16290", "TCP"],
        ),
        (
            PF.format("block out", "192.0.2.3.1514", "198.51.100.10.1030", " udp 73"),
            ["block", "192.0.2.3", "1514", "198.51.100.10", "1030", "UDP"],
        ),
        (
            PF.format("block in", "192.0.2.3", "198.51.100.10", "icmp: echo request"),
            ["block", "192.0.2.3", None, "198.51.100.10", None, "ICMP"],
        ),
        (
            PF.format("pass in", "2001:db8::1.22", "2001:db8::2.50", "S 1:1(0)"),
            ["pass", "2001:db8::1", "22", "2001:db8::2", "50", "TCP"],
        ),
        ("nothing of the kind", [None] * 6),
    ],
)
def test_packets_of_pf(log: str, values: list[str | None]) -> None:
    """Address and port part at the fourth dot; the first letter tells UDP and ICMP from TCP."""
    found = _read("pf_decoder", log).values
    names = ("action", "srcip", "srcport", "dstip", "dstport", "protocol")
    assert values == [found.get(name) for name in names]


def test_lines_of_sonicwall() -> None:
    """Priority, message and the two ends are read."""
    assert {
        "status": "5",
        "id": "36",
        "action": "TCP connection dropped",
        "srcip": "192.0.2.19",
        "srcport": "4507",
        "dstip": "192.0.2.2",
        "dstport": "445",
        "protocol": "tcp",
    } == _read("sonicwall_decoder", SONICWALL).values


def test_columns_of_symantec_web_security() -> None:
    """Columns go by number; the id is what rules compare: everything from column 3 on."""
    log = "20070717,73613,1=5,11=192.0.2.3,10=userc,3=2,2=1"
    expected = {"id": "3=2,2=1", "dstuser": "userc", "srcip": "192.0.2.3"}
    assert expected == _read("symantecws_decoder", log).values


def test_a_forwarded_alert_names_its_rule() -> None:
    """The rule, the place and the parties of an alert sent on by another manager are taken over."""
    subject = _read(
        "ossecalert_decoder",
        "Alert Level: 5; Rule: 5716 - sshd: failed.; Location: web->/var/log/auth.log; "
        "srcip: 192.0.2.3; user: bob; Nov 24 10:00:00 web sshd[1]: Failed password",
    )
    assert (5716, "web->/var/log/auth.log") == (subject.replayed, subject.location)
    assert {"srcip": "192.0.2.3", "dstuser": "bob"} == subject.values
    assert 0 == _read("ossecalert_decoder", "Alert Level: high").replayed
