"""Pre-decoding."""

from __future__ import annotations

import time

import pytest

from tocsin.decode.predecode import predecode
from tocsin.decode.subject import Subject


def _parts(line: str) -> tuple[str, str, str, str]:
    subject = Subject(line)
    predecode(subject)
    return subject.timestamp, subject.hostname, subject.program, subject.log


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Nov 24 10:00:01 web1 sshd[811]: hello", ("Nov 24 10:00:01", "web1", "sshd", "hello")),
        ("Nov  4 10:00:01 web1 sudo:  bob : x", ("Nov  4 10:00:01", "web1", "sudo", " bob : x")),
        ("Nov 24 10:00:01 web1 kernel: [1.0] x", ("Nov 24 10:00:01", "web1", "kernel", "[1.0] x")),
        ("Nov 24 10:00:01 web1 su[12] opened", ("Nov 24 10:00:01", "web1", "su", "opened")),
        ("Nov 24 10:00:01 web1 two words", ("Nov 24 10:00:01", "web1", "", "two words")),
        ("Nov 24 10:00:01 su: x", ("Nov 24 10:00:01", "", "su", "x")),
        ("Nov 24 10:00:01 %ASA-6: x", ("Nov 24 10:00:01", "", "", "%ASA-6: x")),
        ("Nov 24 10:00:01 h su: [ID 1 a.b] x", ("Nov 24 10:00:01", "h", "su", "x")),
        ("Nov 24 10:00:01 h su|auth:info sshd[1]: x", ("Nov 24 10:00:01", "h", "sshd", "x")),
        ("M\xc3\xa4r 24 10:00:01 h sshd: x", ("Mar 24 10:00:01", "h", "sshd", "x")),
        ("2026-11-24 10:00:01,123 h app: x" + "-" * 9, ("2026-11-24 10:00:01,123", "h", "app", "x---------")),
        (
            "2026-11-24T10:00:01.123456+01:00 h sshd[1]: x",
            ("2026-11-24T10:00:01.123456+01:00", "h", "sshd", "x"),
        ),
        ("2026-11-24T10:00:01.123Z h sshd[1]: x", ("2026-11-24T10:00:01.123Z", "h", "sshd", "x")),
        ("2026-11-24T10:00:01Z 14299 TID INFO: x", ("", "", "", "2026-11-24T10:00:01Z 14299 TID INFO: x")),
        ("2026 Nov 24 10:00:01 h su: x", ("2026 Nov 24 10:00:01", "h", "su", "x")),
        (
            "2026-11-24 10:00:01.123456-0700  localhost sshd[1]: x",
            ("2026-11-24 10:00:01.123456-0700", "localhost", "sshd", "x"),
        ),
        ("[Mon Nov 24 10:00:01 2026] [error] x", ("Mon Nov 24 10:00:01 2026", "", "", "[error] x")),
        ("11/24-10:00:01.123456  [**] x", ("11/24-10:00:01.123456", "", "", "[**] x")),
        ("11/24/2026-10:00:01.123456  [**] x", ("11/24/2026-10:00:01.123456", "", "", "[**] x")),
        ("Mon Nov 24 10:00:01 2026 1 host 5 /f", ("Mon Nov 24 10:00:01 2026", "", "", "1 host 5 /f")),
        ("1764000000.123    5 10.0.0.1 TCP", ("1764000000.123", "", "", "5 10.0.0.1 TCP")),
        (
            "[Time 2026.11.24 10:00:01 UTC] [Sender sshd] [Host mac] [Message hi] [X y]",
            ("2026.11.24 10:00:01 UTC", "mac", "sshd", "hi"),
        ),
        *(
            (line, ("", "", "", line))
            for line in (
                "x026-11-24 10:00:01.123456-0700 h sshd[1]: x",
                "x026 Nov 24 10:00:01 h su: x",
                "\xb2026 Nov 24 10:00:01 h su: x",
                "11/24-10.00:01.123456  [**] x",
                "11/24-10:00:01,123456  [**] x",
                "11/24/2026-10:00.01.123456  [**] x",
                "11/24/2026-10:00:01,123456  [**] x",
            )
        ),
        ('{"a": 1}', ("", "", "", '{"a": 1}')),
        ("", ("", "", "", "")),
    ],
)
def test_header_formats(line: str, parts: tuple[str, str, str, str]) -> None:
    """Time, host, program and the rest come off the front of the formats Wazuh knows."""
    assert parts == _parts(line)


def test_priority_becomes_facility_and_severity() -> None:
    """`<PRI>` in front is read and taken off; a number that is no priority stays."""
    subject = Subject("<86>Nov 24 10:00:01 h sshd[7]: x")
    predecode(subject)
    assert {"log.syslog.facility.code": 10, "log.syslog.severity.code": 6} == subject.fields
    assert ("h", "sshd", "7", "x") == (subject.hostname, subject.program, subject.pid, subject.log)
    assert "<999>x" == _parts("<999>x")[3]


def test_rfc_5424() -> None:
    """A header of RFC 5424 gives time, host, program and process; structured data is taken off."""
    line = '<34>1 2026-11-24T10:00:01.5Z h su 77 ID47 [a@1 b="x\\"]" c="d"][e@2] failed'
    subject = Subject(line)
    predecode(subject)
    assert ("2026-11-24T10:00:01.5Z", "h", "su", "77") == (
        subject.timestamp,
        subject.hostname,
        subject.program,
        subject.pid,
    )
    assert "failed" == subject.log
    assert ("", "", "", "plain") == _parts("<34>1 - - - - - - plain")


@pytest.mark.parametrize(
    "line",
    [
        "[Time 2026.11.24 10:00:01 UTC] [" + "[Sender " * 8_000 + "[Message ",
        "<34>1 2026-11-24T10:00:01Z h su 7 - [" + 'a="' * 20_000,
        "Nov 24 10:00:01 h " + "a" * 60_000,
        "Nov 24 10:00:01 h " + "a|b:c " * 10_000,
        "1764000000.123" + " " * 60_000,
    ],
)
def test_a_hostile_header_does_not_stall(line: str) -> None:
    """Long lines that begin like a format and never end it are read in time proportional to their length."""
    started = time.thread_time()
    _parts(line)
    assert time.thread_time() - started < 0.5
