"""A tree written down in Lucene's language and read again selects the same events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import QueryError, escape_wildcard
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, Exists, InNetwork, Node, Not, Or, Range, Term, Text, Wildcard

LETTERS = 'aB1 *?"\\:()[]{}/+-!&|~^<>=\u00e9\n'
FIELDS = ("user.name", "data.x", "source.ip")
values = st.text(LETTERS, max_size=6)
fields = st.sampled_from(FIELDS)
numbers = st.integers(-5, 5)


def _phrase(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _word(text: str) -> str:
    """Write a wildcard pattern as a bare word: everything but `*` and `?` behind a backslash."""
    written = []
    letters = iter(text)
    for letter in letters:
        taken = next(letters) if letter == "\\" else letter
        written.append(letter if letter in "*?" else "\\" + taken)
    return "".join(written)


def written(node: Node) -> str:
    """Return the tree as text."""
    match node:
        case Term(field, value):
            return f"{field}:{_phrase(str(value))}"
        case Wildcard(field, pattern):
            return f"{field}:{_word(pattern)}"
        case Exists(field):
            return f"_exists_:{field}"
        case InNetwork(field, network):
            return f"{field}:{network}"
        case Range(field, None, lower, upper, None):
            return f"{field}:[{lower} TO {upper}}}"
        case Text(text):
            return _phrase(text)
        case Not(arg):
            return f"NOT ({written(arg)})"
        case And(args):
            return "(" + " AND ".join(map(written, args)) + ")"
        case Or(args):
            return "(" + " OR ".join(map(written, args)) + ")"
    raise AssertionError(node)


wildcards = st.lists(
    st.one_of(st.just("*"), st.just("?"), values.map(escape_wildcard)), min_size=1, max_size=3
)
leaves = st.one_of(
    st.builds(Term, fields, values),
    st.builds(
        Wildcard,
        st.sampled_from(FIELDS[:2]),
        wildcards.map("".join).filter(lambda text: "*" in text or "?" in text),
    ),
    st.builds(Exists, fields),
    st.builds(InNetwork, st.just("source.ip"), st.sampled_from(["10.0.0.0/8", "::/0"])),
    st.builds(Range, st.just("data.x"), gt=st.none(), gte=numbers, lt=numbers, lte=st.none()),
    st.builds(Text, st.sampled_from(["a", "B1 a", "\u00e9"])),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
events = st.builds(
    Event,
    source=st.just("s"),
    seq=st.just(1),
    at=st.just(0),
    received_at=st.just(0),
    message=values,
    fields=st.dictionaries(fields, st.one_of(values, numbers, st.just("10.0.0.1")), max_size=3),
)


@given(trees, st.lists(events, min_size=1, max_size=5))
def test_written_and_read_again(tree: Node, chosen: list[Event]) -> None:
    """Reading what was written selects the same events, whatever characters values hold."""
    before, after = compile_predicate(tree), compile_predicate(parse_lucene(written(tree)))
    assert [before(event) for event in chosen] == [after(event) for event in chosen]


@given(st.text(LETTERS + "ANDORTNO_exists_.", max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    """No text makes the reader fail in another way than by saying where and why."""
    refused: QueryError | None = None
    try:
        compile_predicate(parse_lucene(text, now=0))
    except QueryError as error:
        refused = error
    assert refused is None or (refused.message and 0 <= refused.offset <= len(text))
