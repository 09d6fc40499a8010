"""Where messages may go: public addresses, and those of our own networks that the settings allow.

A channel's host may be entered in the console, and a name may be made to point anywhere. So the address is
resolved here, every answer is judged, and the connection is made to the very address that was judged.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tocsin.notify.errors import BarredError, DeliveryError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Guard:
    """Judges addresses. `networks`: private ones that are allowed, in CIDR form."""

    def __init__(self, networks: Sequence[str] = (), resolve: Resolve = resolve) -> None:
        self._networks: tuple[Network, ...] = tuple(ip_network(each, strict=False) for each in networks)
        self._resolve = resolve

    def address_of(self, host: str, port: int, *, trusted: bool = False) -> str:
        """Return an address to connect to; `trusted`: the operator wrote the host into the settings.

        Raises `BarredError` when it has an address that is not allowed, `DeliveryError` when it has none.
        """
        try:
            found = self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            raise DeliveryError(f"the host {host!r} is not known: {error}") from error
        if not found:
            raise DeliveryError(f"the host {host!r} has no address")
        for address in found:
            self._check(host, ip_address(address.partition("%")[0]), trusted)
        return found[0]

    def _check(self, host: str, address: Address, trusted: bool) -> None:
        if any(address.version == each.version and address in each for each in self._networks):
            return
        inner = _inner(address)
        if inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved:
            raise BarredError(f"{host} is at {address}, where no message goes")
        if not inner.is_global and not trusted:
            raise BarredError(
                f"{host} is at {address}, a private address: allow its network in notify.private, "
                "or write the channel into the settings"
            )


def _inner(address: Address) -> Address:
    """Return the IPv4 address that some IPv6 addresses stand for."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, address))[1]
    return address
