"""One spelling per value."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.intel.kinds import key_hash, match_key, normalise, signed, unsigned


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
        ("ip", "[fe80::1%eth0]", "fe80::1"),
        ("cidr", "192.0.2.77/24", "192.0.2.0/24"),
        ("domain", ".Evil.Example.COM.", "evil.example.com"),
        ("domain", "bücher.example", "xn--bcher-kva.example"),
        ("url", "HTTP://Evil.Example:80/A?b=C#frag", "http://evil.example/A?b=C"),
        ("url", "evil.example/x", "http://evil.example/x"),
        ("url", "https://user:pw@[2001:DB8::1]:8443", "https://user:pw@[2001:db8::1]:8443/"),
        ("hash", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("email", "Bob@Example.COM", "bob@example.com"),
        ("cve", "cve-2021-44228", "CVE-2021-44228"),
        ("asn", "64496", "AS64496"),
        ("filename", "Evil.EXE", "evil.exe"),
        ("path", "/Tmp/X", "/Tmp/X"),
    ],
)
def test_value_is_normalised(kind: str, given: str, expected: str) -> None:
    """Each kind has one spelling, reached from the usual other ones."""
    assert expected == normalise(kind, given)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("ip", "300.1.1.1"),
        ("ip", "1.2.3.04"),
        ("ip", "1.2.3.256"),
        ("cidr", "192.0.2.0/99"),
        ("domain", "no-dot"),
        ("domain", "-bad.example"),
        ("domain", "1.2.3.4"),
        ("url", "http://"),
        ("url", "http://h:99999/"),
        ("url", "http://[bad/"),
        ("hash", "abc"),
        ("hash", "z" * 32),
        ("email", "@example.com"),
        ("cve", "CVE-1"),
        ("nonsense", "x"),
        ("other", "  "),
        ("other", "a\x00b"),
        ("other", "x" * 5000),
    ],
)
def test_malformed_value_is_refused(kind: str, given: str) -> None:
    """What is not of its kind, empty, too long or holds control characters raises."""
    with pytest.raises(InvalidError):
        normalise(kind, given)


def test_url_is_compared_without_its_scheme() -> None:
    """http and https of one URL have one key."""
    assert match_key("url", "http://a.example/x") == match_key("url", "https://a.example/x")


def test_kind_is_part_of_the_hash() -> None:
    """The same text of two kinds has two hashes."""
    assert key_hash("domain", "a.example") != key_hash("host", "a.example")


@pytest.mark.parametrize("number", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_signed_is_undone(number: int) -> None:
    """Every 64-bit number survives the way into a database column and back."""
    assert number == unsigned(signed(number))
    assert -(1 << 63) <= signed(number) < 1 << 63
