"""Networks that hold an address."""

from __future__ import annotations

import pytest

from tocsin.intel.networks import Networks

NETWORKS = Networks(["198.51.100.0/24", "198.51.0.0/16", "2001:db8::/32", "192.0.2.1", "0.0.0.0/0"])


@pytest.mark.parametrize(
    ("address", "holding"),
    [
        ("198.51.100.7", {"198.51.100.0/24", "198.51.0.0/16", "0.0.0.0/0"}),
        ("198.51.7.0/24", {"198.51.0.0/16", "0.0.0.0/0"}),
        ("198.51.0.0/16", {"198.51.0.0/16", "0.0.0.0/0"}),
        ("192.0.2.1", {"192.0.2.1/32", "0.0.0.0/0"}),
        ("2001:db8:1::2", {"2001:db8::/32"}),
        ("2001:db9::", set()),
        ("nonsense", set()),
        ("", set()),
    ],
)
def test_networks_that_hold_it(address: str, holding: set[str]) -> None:
    """Every network of the family that covers an address or a smaller network is given."""
    assert holding == set(NETWORKS.holding(address))


def test_same_network_counts_once() -> None:
    """A network added twice, in any spelling, is one."""
    assert len(Networks(["192.0.2.0/24", "192.0.2.9/24"])) == 1
