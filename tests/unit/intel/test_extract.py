"""Values from text and events."""

from __future__ import annotations

import time
from pathlib import Path

from tocsin.core.event import Event, Value
from tocsin.intel.extract import MAX_OBSERVABLES, Extractor
from tocsin.intel.recognise import Recogniser

EXTRACTOR = Extractor(Recogniser(), own_networks=["198.51.100.0/24"], own_domains=["corp.example.com"])


def event(message: str = "", **fields: Value) -> Event:
    return Event("s", 1, 0, 0, message, {name.replace("__", "."): value for name, value in fields.items()})


def test_text_gives_values_in_order() -> None:
    """Every kind is found once, the parts of a larger value are not repeated, punctuation is cut."""
    text = (
        "See hxxps://evil[.]com/a(b), 1.2.3[.]4; fe80::1 (x@foo.co.uk) report.exe. CVE-2021-44228 "
        "d41d8cd98f00b204e9800998ecf8427e 10.0.0.0/8 at 12:34:56, 1.2.3.4 again. http://evil.com/x)"
    )
    assert EXTRACTOR.in_text(text) == [
        ("url", "https://evil.com/a(b)"),
        ("ip", "1.2.3.4"),
        ("ip", "fe80::1"),
        ("email", "x@foo.co.uk"),
        ("filename", "report.exe"),
        ("cve", "CVE-2021-44228"),
        ("hash", "d41d8cd98f00b204e9800998ecf8427e"),
        ("cidr", "10.0.0.0/8"),
        ("url", "http://evil.com/x"),
    ]


def test_typed_fields_come_first_and_win() -> None:
    """A value in a typed field is reported under it, not again from the message."""
    found = EXTRACTOR.observables_of(
        event("from 203.0.113.9 to 8.8.8.8", source__ip="203.0.113.9", user__name="root")
    )
    assert [(each.kind, each.value, each.field) for each in found] == [
        ("ip", "203.0.113.9", "source.ip"),
        ("user", "root", "user.name"),
        ("ip", "8.8.8.8", "message"),
    ]


def test_private_and_own_values_are_marked() -> None:
    """RFC 1918, reserved, own networks and own domains are marked, others are not."""
    found = EXTRACTOR.observables_of(
        event(
            "8.8.8.8", source__ip="10.1.2.3", destination__ip="198.51.100.7", url__domain="a.corp.example.com"
        )
    )
    assert {each.value: each.is_private for each in found} == {
        "10.1.2.3": True,
        "198.51.100.7": True,
        "a.corp.example.com": True,
        "8.8.8.8": False,
    }


def test_path_only_request_is_no_url() -> None:
    """A web server's request path in `url.original` is not taken for a URL."""
    assert EXTRACTOR.observables_of(event(url__original="/login.php?a=b")) == []


def test_junk_in_a_typed_field_is_ignored() -> None:
    """A field whose text is not of its kind gives nothing; lists give each of their values."""
    found = EXTRACTOR.observables_of(
        event(source__ip="not an address", destination__ip=["8.8.4.4", "8.8.8.8"])
    )
    assert [each.value for each in found] == ["8.8.4.4", "8.8.8.8"]


def test_number_of_observables_is_bounded() -> None:
    """One event never gives more than the limit."""
    text = " ".join(f"8.8.{high}.{low}" for high in range(3) for low in range(100))
    assert len(EXTRACTOR.observables_of(event(text))) == MAX_OBSERVABLES


def test_hostile_text_takes_linear_time() -> None:
    """Text made to make patterns backtrack is read in well under a second."""
    start = time.thread_time()
    for text in (
        "a." * 30_000,
        "a@" * 30_000,
        "1:" * 30_000,
        "http://" * 9_000,
        "[.]" * 20_000,
        "(" * 60_000,
    ):
        EXTRACTOR.in_text(text)
    assert time.thread_time() - start < 5


def test_real_log_gives_the_attackers(real_data: Path) -> None:
    """The addresses of the brute force in a real SSH log are extracted."""
    lines = (real_data / "logs" / "OpenSSH_2k.log").read_text().splitlines()
    found = {each.value for line in lines for each in EXTRACTOR.in_text(line) if each.kind == "ip"}
    assert {"173.234.31.186", "183.62.140.253", "103.99.0.122"} <= found


def test_address_before_a_sentence_without_a_space_is_found() -> None:
    """`1.2.3.4.com` is a name, `1.2.3.4.Failed` an address and the next sentence."""
    assert EXTRACTOR.in_text("a.1.2.3.4.com 8.8.8.8.Failed") == [
        ("domain", "a.1.2.3.4.com"),
        ("ip", "8.8.8.8"),
    ]


def test_name_of_software_is_no_domain() -> None:
    """Names written from the top-level domain down, as packages and bundles have, are left out of texts."""
    assert EXTRACTOR.in_text("com.example.app org.apache.camel log4j.properties evil.com") == [
        ("domain", "evil.com")
    ]
