"""A set of networks that answers which of them hold an address: one set of numbers per prefix length."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator

_BITS = {4: 32, 16: 128}


class Networks:
    """Networks of both families; a probe costs one look-up per prefix length present."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._by_length: dict[tuple[int, int], set[int]] = {}
        self._count = 0
        for network in networks:
            self.add(network)

    def __len__(self) -> int:
        return self._count

    def add(self, text: str) -> None:
        """Add a network or a single address; raises `ValueError` when it is neither."""
        network = ipaddress.ip_network(text, strict=False)
        size = network.max_prefixlen
        numbers = self._by_length.setdefault((size, network.prefixlen), set())
        self._count += int(network.network_address) not in numbers
        numbers.add(int(network.network_address))

    def holding(self, address: str) -> Iterator[str]:
        """Yield the networks that hold an address or a whole network (`198.51.100.0/24`)."""
        bare, _, length = address.partition("/")
        try:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
        except (OSError, ValueError):
            return
        size = _BITS[len(packed)]
        number = int.from_bytes(packed)
        longest = int(length) if length.isdigit() else size
        for (family, prefix), numbers in self._by_length.items():
            if family == size and prefix <= longest:
                masked = number >> (size - prefix) << (size - prefix)
                if masked in numbers:
                    yield _text(masked, size, prefix)


def _text(number: int, size: int, prefix: int) -> str:
    if size == 32:
        return str(ipaddress.IPv4Network((number, prefix)))
    return str(ipaddress.IPv6Network((number, prefix)))
