"""Tests of where messages may go."""

from __future__ import annotations

import pytest

from tocsin.notify.errors import BarredError, DeliveryError
from tocsin.notify.guard import Guard


def at(*addresses: str, networks: tuple[str, ...] = ()) -> Guard:
    return Guard(networks, lambda _host, _port: addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "100.64.0.1",
    ],
)
def test_private_addresses_are_barred(address: str) -> None:
    """No channel of the console reaches this machine, our networks or a cloud's metadata."""
    with pytest.raises(BarredError):
        at(address).address_of("hooks.example.org", 443)


def test_public_addresses_are_open() -> None:
    """A public address is returned to connect to."""
    assert at("93.184.216.34").address_of("hooks.example.org", 443) == "93.184.216.34"


def test_one_private_answer_bars_a_name() -> None:
    """A name with a private address beside a public one is not spoken to at all."""
    with pytest.raises(BarredError):
        at("93.184.216.34", "10.0.0.1").address_of("hooks.example.org", 443)


def test_networks_of_the_settings_are_open() -> None:
    """A private network the settings allow may be reached, others stay barred."""
    guard = at("10.1.2.3", networks=("10.1.0.0/16",))
    assert guard.address_of("relay", 25) == "10.1.2.3"
    with pytest.raises(BarredError):
        at("10.2.2.3", networks=("10.1.0.0/16",)).address_of("relay", 25)


def test_hosts_of_the_settings_may_be_private_but_no_metadata() -> None:
    """What the operator wrote into the settings may be private; link-local stays barred."""
    assert at("10.1.2.3").address_of("relay", 25, trusted=True) == "10.1.2.3"
    with pytest.raises(BarredError):
        at("169.254.169.254").address_of("relay", 25, trusted=True)


def test_a_host_without_address_may_come_back() -> None:
    """A name that is not known now is tried again later."""

    def unknown(_host: str, _port: int) -> tuple[str, ...]:
        raise OSError("Name or service not known")

    with pytest.raises(DeliveryError) as caught:
        Guard((), unknown).address_of("hooks.example.org", 443)
    assert not caught.value.permanent
