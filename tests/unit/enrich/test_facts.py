"""Facts that stand in the values themselves."""

from __future__ import annotations

import hashlib

import pytest

from tocsin.enrich.analyzers.facts import AddressAnalyzer, DomainAnalyzer, HashAnalyzer, URLAnalyzer, entropy
from tocsin.enrich.base import AnalysisError, Context, Observable, Report

CONTEXT = Context(0)


def address(value: str) -> Report:
    return AddressAnalyzer().run(Observable("ip", value), CONTEXT)


def domain(value: str) -> Report:
    return DomainAnalyzer().run(Observable("domain", value), CONTEXT)


def url(value: str) -> Report:
    return URLAnalyzer().run(Observable("url", value), CONTEXT)


def names(report: Report) -> set[str]:
    return {taxonomy.predicate for taxonomy in report.taxonomies}


@pytest.mark.parametrize(
    ("value", "scope"),
    [
        ("8.8.8.8", "global"),
        ("10.0.0.1", "private"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("100.64.0.1", "shared"),
        ("::", "unspecified"),
        ("2001:4860::1", "global"),
    ],
)
def test_scope_of_an_address(value: str, scope: str) -> None:
    """Each address gets its scope and its reverse name."""
    report = address(value)
    assert report.full["scope"] == scope
    assert report.full["reverse_pointer"].endswith(".arpa")


def test_address_within_an_address_is_an_artifact() -> None:
    """IPv4 carried in IPv6 is given as a value of its own."""
    assert [artifact.value for artifact in address("2002:c000:0204::1").artifacts] == ["192.0.2.4"]


def test_registered_domain() -> None:
    """The registered domain is found below a public suffix of several labels."""
    report = domain("a.b.evil.co.uk")
    assert report.full["registered_domain"] == "evil.co.uk"
    assert [artifact.value for artifact in report.artifacts] == ["evil.co.uk"]
    assert report.verdict == "info"


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        ("xn--pple-43d.com", "mixed-scripts"),
        ("xqz7vk2r9w4tb1.com", "random-looking"),
    ],
)
def test_suspicious_name(value: str, fact: str) -> None:
    """Mixed scripts and names made by a program are suspicious."""
    report = domain(value)
    assert report.verdict == "suspicious"
    assert fact in names(report)


@pytest.mark.parametrize(
    "value", ["google.com", "xn--bcher-kva.de", "stackoverflow.com", "global-business.com"]
)
def test_ordinary_name_is_not_suspicious(value: str) -> None:
    """Real words, long or in one other script, are not."""
    assert domain(value).verdict == "info"


@pytest.mark.parametrize(
    ("value", "verdict", "facts"),
    [
        ("https://example.com/", "info", set()),
        ("http://paypal.com@192.0.2.1/", "suspicious", {"user-information", "host-is-address"}),
        ("http://192.0.2.1:8080/a.sh", "suspicious", {"port", "program", "host-is-address"}),
        ("https://example.com/setup.exe", "info", {"program"}),
        ("http://xn--pple-43d.com/", "info", {"punycode"}),
        ("http://example.com/%252e%252e/", "suspicious", {"double-encoded"}),
        ("http://3232235777/", "info", {"host-is-address"}),
    ],
)
def test_facts_of_a_url(value: str, verdict: str, facts: set[str]) -> None:
    """What hides the destination, or fetches a program from an address, is suspicious."""
    report = url(value)
    assert (report.verdict, names(report)) == (verdict, facts)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
def test_hash_of_nothing_is_safe(name: str) -> None:
    """The empty file's hash is named; any other hash is information."""
    assert HashAnalyzer().run(Observable("hash", hashlib.new(name).hexdigest()), CONTEXT).verdict == "safe"
    other = HashAnalyzer().run(Observable("hash", hashlib.new(name, b"x").hexdigest()), CONTEXT)
    assert other.verdict == "info"


@pytest.mark.parametrize("value", ["", "abc", "z" * 32])
def test_no_hash_is_refused(value: str) -> None:
    """What is no hash raises."""
    with pytest.raises(AnalysisError):
        HashAnalyzer().run(Observable("hash", value), CONTEXT)


def test_entropy() -> None:
    """One character repeated has none, two in equal parts have one bit."""
    assert (entropy(""), entropy("aaaa"), entropy("abab")) == (0, 0, 1)
