"""Documentation ranges are known in both families."""

from __future__ import annotations

import ipaddress

import pytest

from tocsin.core.addresses import is_documentation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.9", True),
        ("2001:db8::1", True),
        ("203.0.114.9", False),
        ("10.0.0.1", False),
        ("::1", False),
    ],
)
def test_documentation_addresses_are_told(text: str, expected: bool) -> None:
    """Those of RFC 5737 and RFC 3849, and no others."""
    assert expected == is_documentation(ipaddress.ip_address(text))
