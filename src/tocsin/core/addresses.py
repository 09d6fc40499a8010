"""Addresses with a meaning of their own."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DOCUMENTATION = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def is_documentation(address: Address) -> bool:
    """Say whether the address is set aside for documentation (RFC 5737, RFC 3849).

    Nobody has it, but in exercises and training data it plays the attacker.
    """
    return any(address in network for network in _DOCUMENTATION)
