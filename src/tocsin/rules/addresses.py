"""Conditions on addresses: an address, a network in CIDR or with a netmask, `any`, a leading `!`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def compile_addresses(texts: Sequence[str]) -> Callable[[str], bool]:
    """Return whether an address fits one of the texts; raises `ValueError` naming the bad one."""
    included = [_network(text) for text in texts if not text.startswith("!")]
    excluded = [_network(text[1:].strip()) for text in texts if text.startswith("!")]

    def test(value: str) -> bool:
        address = _address(value)
        if address is None:
            return False
        if included and any(_within(address, network) for network in included):
            return True
        return bool(excluded) and not any(_within(address, network) for network in excluded)

    return test


def _network(text: str) -> Network | None:
    """Return the network, or None for any address."""
    if text == "any":
        return None
    if text.endswith("."):  # the old form of a prefix
        octets = text[:-1].split(".")
        text = ".".join(octets + ["0"] * (4 - len(octets))) + f"/{8 * len(octets)}"
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address or network") from error


@lru_cache(maxsize=16_384)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text) if len(text) <= 45 else None
    except ValueError:
        return None


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: Network | None) -> bool:
    return network is None or address in network
