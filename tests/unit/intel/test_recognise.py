"""What a bare value is."""

from __future__ import annotations

import pytest

from tocsin.intel.recognise import Recogniser, refang

RECOGNISER = Recogniser()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("192.0.2.1", "ip", "192.0.2.1"),
        ("192[.]0[.]2[.]1", "ip", "192.0.2.1"),
        ("192.0.2.1/32", "ip", "192.0.2.1"),
        ("192.0.2.0/24", "cidr", "192.0.2.0/24"),
        ("2001:db8::/32", "cidr", "2001:db8::/32"),
        ("hxxps://evil[.]example[.]com/x", "url", "https://evil.example.com/x"),
        ("evil.example.com/x.php?a=1", "url", "http://evil.example.com/x.php?a=1"),
        ("evil(dot)example[.com", "domain", "evil.example.com"),
        ("bob[at]example.com", "email", "bob@example.com"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "hash", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("AS64496", "asn", "AS64496"),
        ("cve-2024-3094", "cve", "CVE-2024-3094"),
        ("invoice.exe", "filename", "invoice.exe"),
        ("install.sh", "filename", "install.sh"),
        ("/tmp/.x", "path", "/tmp/.x"),
        (r"C:\Windows\x.dll", "path", r"C:\Windows\x.dll"),
        (r"HKLM\Software\Run", "registry", r"hklm\software\run"),
    ],
)
def test_kind_is_recognised(text: str, kind: str, value: str) -> None:
    """Values in the usual spellings, defanged or not, get their kind."""
    assert (kind, value) == RECOGNISER.recognise(text)


@pytest.mark.parametrize("text", ["", "word", "12", "co.uk", "a.notatld", "-", "x" * 5000, "300.1.2.3"])
def test_noise_is_not_recognised(text: str) -> None:
    """Plain words, public suffixes and numbers are nothing we know."""
    assert RECOGNISER.recognise(text) is None


def test_refang_leaves_plain_text() -> None:
    """Text without defanging comes back as it is."""
    assert refang("a (b) [c]") == "a (b) [c]"
