"""Events and query trees for property tests: odd values, every kind of condition."""

from __future__ import annotations

from hypothesis import strategies as st

from tocsin.core.event import Event, Value
from tocsin.query.tree import (
    And,
    DatePart,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    SameAs,
    Term,
    Text,
    Wildcard,
)

FIELDS = [
    "message", "@timestamp", "_id", "event.source", "event.sequence", "source.ip", "user.name",
    "rule.level", "rule.groups", "file.mtime", "data.x", "data.list", "data.absent",
]  # fmt: skip
# Letters whose lower case or folding is irregular: sigmas, dotted and dotless i, long s, Kelvin sign.
LETTERS = "aAbKk\xdf\u03c3\u03c2\u03a3\u0130\u0131\u017f\u212a0159_ .:-*?\\%\n\"'\xe9\U0001f600"
ODD = [
    "", "root", "Root", "sshd", "10.0.0.1", "10.1.2.3", "192.168.1.5", "::1",
    "::ffff:10.0.0.1", "fe80::1%eth0",
    "2001:DB8::5", "2001:db8:0:0:0:0:0:5", "1::2::3", "1:2:3:4:5:6:7:8", "::", "1::", "010.1.2.3", "1.2.3",
    "::10.0.0.1",
    "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", ":1", "12", "-5", "+7", "1e3", "1e999", "0x10", "1_000",
    " 12", "nan",
    "12.50",
    "true", "failed password", "Failed - Password for root", "2026-11-24", "2026-11-24T05:00:00Z",
    "2026-11-24T05:00:00.1234567+02:00", "2026-13-45", "2026-02-30", "1764000000000000", "2026-11-24 05:00",
]  # fmt: skip
texts = st.one_of(st.sampled_from(ODD), st.text(LETTERS, max_size=12))
scalars = st.one_of(
    texts,
    st.integers(-(2**70), 2**70),
    st.integers(0, 20),
    st.booleans(),
    st.floats(allow_nan=False),
)
values: st.SearchStrategy[Value] = st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3))
ATS = st.one_of(st.sampled_from([0, 1_764_000_000_000_000]), st.integers(0, 4_000_000_000_000_000))
events = st.builds(
    Event,
    source=st.sampled_from(["s1", "Agent:7/auth"]),
    seq=st.integers(1, 30),
    at=ATS,
    received_at=st.just(0),
    message=texts,
    fields=st.dictionaries(st.sampled_from(FIELDS[5:-1]), values, max_size=6),
)
JOINED = ["user.name|data.x", "data.absent|data.list|rule.groups", "message|source.ip"]
fields = st.sampled_from(FIELDS + JOINED)
NETWORKS = [
    "10.0.0.0/8",
    "10.0.0.0/20",
    "10.0.0.1/32",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "::1/128",
    "::/96",
    "192.168.0.0/15",
]
ADDRESSES = ["10.0.0.1", "::1", "2001:db8::5", "192.168.1.5"]
DATES = ["2026-11-24", "2026-11-24T05:00:00Z", 1_764_000_000_000_000]
numbers = st.one_of(st.integers(-30, 30), st.floats(-100, 100))


def _range(field: str, bounds: st.SearchStrategy) -> st.SearchStrategy[Node]:
    bound = st.one_of(st.none(), bounds)
    return st.builds(Range, st.just(field), gt=bound, gte=bound, lt=bound, lte=bound)


REGEXES = [
    "^ro+t$",
    "pass.ord",
    "[0-9]+",
    r"\d\.\d",
    "a.b",
    "(?i)ROOT",
    "k",
    r"^\s*$",
    "^.*$",
    "\\x{3c3}",
    r"\A(?:[a-z]+|1\.?)\z",
    "[^a-c]$",
    "^(?:a|b)*$",
]
leaves: st.SearchStrategy[Node] = st.one_of(
    st.just(Everything()),
    st.just(Nothing()),
    st.builds(Exists, fields),
    st.builds(Term, fields, scalars, st.booleans()),
    st.builds(OneOf, fields, st.lists(scalars, max_size=3).map(tuple), st.booleans()),
    st.builds(Wildcard, fields, st.one_of(texts, st.text("abK*?\\.1", max_size=6)), st.booleans()),
    st.builds(Regex, fields, st.sampled_from(REGEXES), st.booleans()),
    st.builds(InNetwork, fields, st.sampled_from(NETWORKS)),
    st.builds(Text, texts, st.one_of(st.none(), st.sampled_from(FIELDS))),
    st.builds(SameAs, fields, fields, st.sampled_from(["equals", "startswith", "endswith"]), st.booleans()),
    st.builds(
        DatePart, fields, st.sampled_from(["minute", "hour", "week", "year"]), st.sampled_from([0, 5, 48])
    ),
    _range("rule.level", numbers),
    _range("data.x", numbers),
    _range("data.list", st.text(LETTERS, max_size=3)),
    _range("user.name", st.sampled_from(ODD)),
    _range("source.ip", st.sampled_from(ADDRESSES)),
    _range("file.mtime", st.sampled_from(DATES)),
    _range("@timestamp", st.sampled_from(DATES)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
