"""The Lucene reader: what is typed, and the tree it means."""

from __future__ import annotations

import pytest

from tocsin.core.clock import from_iso
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import QueryError
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    OneOf,
    Or,
    Range,
    Regex,
    Term,
    Text,
    Wildcard,
)

NOW = from_iso("2026-11-24T05:30:00Z")
HOUR = 3_600_000_000
A, B, C = Text("a"), Text("b"), Text("c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Everything()),
        ("   ", Everything()),
        ("*", Everything()),
        ("*:*", Everything()),
        ("a", A),
        ('"failed password"', Text("failed password")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a && b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a || b", Or((A, B))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a (b OR c)", And((A, Or((B, C))))),
        ("NOT a", Not(A)),
        ("!a", Not(A)),
        ("-a +b", And((Not(A), B))),
        ("NOT NOT a", A),
        ("NOT(a)", Not(A)),
        ("a - b", And((A, Wildcard("message", "*-*"), B))),
        ("user.name:root", Term("user.name", "root")),
        ("user.name: root", Term("user.name", "root")),
        ('user.name:"ro ot"', Term("user.name", "ro ot")),
        ("user.name.keyword:root", Term("user.name", "root")),
        ("data.srcip:1.2.3.4", Term("source.ip", "1.2.3.4")),
        ("full_log:invalid", Text("invalid", "message")),
        ("user.name:(root OR admin)", OneOf("user.name", ("root", "admin"))),
        ("user.name:(r* OR -x)", Or((Wildcard("user.name", "r*"), Not(Term("user.name", "x"))))),
        ("user.name:r?ot", Wildcard("user.name", "r?ot")),
        (r"user.name:r\*t", Term("user.name", "r*t")),
        (r"user.name:r\*t*", Wildcard("user.name", r"r\*t*")),
        (r"file.path:C\:\\Windows\\*", Wildcard("file.path", r"C\:\\Windows\\*")),
        (r'file.path:"C:\Windows\cmd.exe"', Term("file.path", r"C:\Windows\cmd.exe")),
        (r'file.path:"C:\\Windows"', Term("file.path", r"C:\Windows")),
        (r'user.name:"a\"b"', Term("user.name", 'a"b')),
        ("user.name:*", Exists("user.name")),
        ("message:*", Exists("message")),
        ("_exists_:data.srcip", Exists("source.ip")),
        ("source.ip:10.0.0.0/8", InNetwork("source.ip", "10.0.0.0/8")),
        ("source.ip:2001:db8::/32", InNetwork("source.ip", "2001:db8::/32")),
        ("source.ip:::1", Term("source.ip", "::1")),
        ("data.addr:10.0.0.0/8", InNetwork("data.addr", "10.0.0.0/8")),
        ("data.path:a/b", Term("data.path", "a/b")),
        ("log.file.path:/var/log/auth.log", Term("log.file.path", "/var/log/auth.log")),
        ("user.name:/ro+t/", Regex("user.name", r"\A(?:ro+t)\z")),
        ("/failed .* root/", Regex("message", "failed .* root")),
        (r"/a\/b/", Regex("message", "a/b")),
        ("rule.level:[7 TO 12]", Range("rule.level", gte=7, lte=12)),
        ("rule.level:{7 TO 12}", Range("rule.level", gt=7, lt=12)),
        ("rule.level:[7 TO 12}", Range("rule.level", gte=7, lt=12)),
        ("rule.level:[7 TO *]", Range("rule.level", gte=7)),
        ("rule.level:[* TO *]", Exists("rule.level")),
        ("rule.level:>=7", Range("rule.level", gte=7)),
        ("rule.level:> 7", Range("rule.level", gt=7)),
        ("rule.level:(>=7 AND <12.5)", And((Range("rule.level", gte=7), Range("rule.level", lt=12.5)))),
        ("user.name:[a TO m]", Range("user.name", gte="a", lte="m")),
        ("source.ip:[10.0.0.1 TO 10.0.0.9]", Range("source.ip", gte="10.0.0.1", lte="10.0.0.9")),
        ("@timestamp:[now-1h TO now}", Range("@timestamp", gte=NOW - HOUR, lt=NOW)),
        ("timestamp:>now-1h", Range("@timestamp", gte=NOW - HOUR + 1)),
        (
            "@timestamp:2026-11-24",
            Range("@timestamp", gte=from_iso("2026-11-24T00:00:00Z"), lt=from_iso("2026-11-25T00:00:00Z")),
        ),
        (
            "@timestamp:[2026-11-01 TO 2026-11-02]",
            Range("@timestamp", gte=from_iso("2026-11-01T00:00:00Z"), lt=from_iso("2026-11-03T00:00:00Z")),
        ),
        ("@timestamp:2026-11-24T05:30:00.000000Z", Term("@timestamp", NOW)),
        ("http://evil.test/x", Text("http://evil.test/x")),
        ("10:30:00", Text("10:30:00")),
        ("*shell*", Wildcard("message", "*shell*")),
        ("process.command_line:enc", Text("enc", "process.command_line")),
        ("_id:agent\\:1/x~5", Term("_id", "agent:1/x~5")),
        ("a^2 b^1.5", And((A, B))),
        ('"a"^2', A),
        ("(a OR b)^3 c", And((Or((A, B)), C))),
        ("a\\^2", Text("a^2")),
        ("a^b", Text("a^b")),
        ("user.name:r*^2", Wildcard("user.name", "r*")),
        ("rule.level:[1 TO 2]^2", Range("rule.level", gte=1, lte=2)),
        ("rule.level >= 7", Range("rule.level", gte=7)),
        ("rule.level>7 a", And((Range("rule.level", gt=7), A))),
        ("and or", And((Text("and"), Text("or")))),
        ("ANDROID", Text("ANDROID")),
        ("user\\.name:root", Term("user.name", "root")),
        ("data.some\\ name:x", Term("data.some name", "x")),
        ('source.ip:"10.0.0.0/8"', InNetwork("source.ip", "10.0.0.0/8")),
        ("[preauth]", Text("[preauth]")),
    ],
)
def test_reads_query(text: str, expected: Node) -> None:
    """Each construct of the language means its tree."""
    assert expected == parse_lucene(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "offset", "part"),
    [
        ("a AND", 5, "condition is missing"),
        ("OR a", 0, "condition is missing"),
        ("a AND OR b", 6, "condition is missing"),
        ("(a", 0, "never closed"),
        ("a)", 1, "closes nothing"),
        ("()", 1, "condition is missing"),
        ('user.name:"abc', 10, "never closed"),
        ("user.name:", 10, "value is missing"),
        ("rule.level:[1 2]", 14, "TO is missing"),
        ("rule.level:[1 TO 2", 11, "never closed"),
        ("rule.level:[a TO 2]", 11, "not a number"),
        ("rule.level:>x", 11, "not a number"),
        ("source.ip:10.0.0.0/99", 10, "not a network"),
        ("source.ip:[x TO y]", 10, "not an address"),
        ("@timestamp:yesterday", 11, "not a date"),
        ("user.name:/(/", 10, "not valid"),
        ("[1 TO 2]", 0, "needs a field"),
        ("ab~1", 0, "like this one"),
        ("ab~^2", 0, "like this one"),
        ('"a b"~3', 5, "near"),
        ("a\\", 1, "\\\\"),
        ("_exists_:*", 0, "name of a field"),
        ("(" * 100 + "a" + ")" * 100, 60, "brackets"),
        ("x" * 100_001, 0, "longer"),
    ],
)
def test_says_where_and_why(text: str, offset: int, part: str) -> None:
    """A query that makes no sense is refused with its place and a reason."""
    with pytest.raises(QueryError) as caught:
        parse_lucene(text, now=NOW)
    assert part in caught.value.message
    assert offset == caught.value.offset
    assert "query" == caught.value.code


@pytest.mark.parametrize(
    ("text", "with_or", "with_and"),
    [
        ("a b", Or((A, B)), And((A, B))),
        ("a AND b", And((A, B)), And((A, B))),
        ("a OR b", Or((A, B)), Or((A, B))),
        ("+a b", A, And((A, B))),
        ("a -b", And((A, Not(B))), And((A, Not(B)))),
        ("a OR b AND c", And((B, C)), And((B, C))),
        ("a AND b OR c", And((A, B)), A),
        ("NOT a", Not(A), Not(A)),
        ("(a OR b) AND c", And((Or((A, B)), C)), And((Or((A, B)), C))),
        ("user.name:(x y)", OneOf("user.name", ("x", "y")), None),
        ("/fail/", Regex("message", "(?i:fail)"), None),
        ("user.name:/fail/", Regex("user.name", r"\A(?:fail)\z"), None),
    ],
)
def test_joins_as_elasticsearch_does(text: str, with_or: Node, with_and: Node | None) -> None:
    """By its default operator: what may hold counts only where nothing must."""
    assert with_or == parse_lucene(text, joining="or")
    if with_and is not None:
        assert with_and == parse_lucene(text, joining="and")


def test_words_are_looked_for_in_the_fields_given() -> None:
    """In any of them; a condition with a field stays where it is."""
    found = parse_lucene("x user.name:y", fields=["host.name", "message"])
    assert And((Or((Term("host.name", "x"), Text("x", "message"))), Term("user.name", "y"))) == found


def test_place_counts_lines() -> None:
    """Line and column count from 1 over a query of several lines."""
    with pytest.raises(QueryError) as caught:
        parse_lucene("a\nAND )")
    assert (2, 5) == (caught.value.line, caught.value.column)


def test_too_many_conditions() -> None:
    """The number of conditions is bounded."""
    with pytest.raises(QueryError, match="conditions"):
        parse_lucene("a " * 4_001)
