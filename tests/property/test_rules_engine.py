"""The indexed engine and a plain one give the same result, whatever the line and the rules."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.plain_walk import Outcome, PlainDecoders, plain_walk
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.decode.patterns import Pattern, compile_pattern, lower
from tocsin.decode.predecode import predecode
from tocsin.decode.reader import read_files
from tocsin.decode.scan import UNKNOWN, LogScan
from tocsin.decode.subject import Subject
from tocsin.rules import Correlation, Ruleset, load
from tocsin.rules.model import Rule
from tocsin.rules.walk import walk

AT = 1_790_000_000_000_000
FOLDERS = ("decoders", "rules", "lists")


def _plain_decoders(folder: Path) -> PlainDecoders:
    files = sorted((folder / "decoders").glob("*.xml"), key=lambda file: file.name)
    return PlainDecoders(read_files(files)[0])


def _seen(subject: Subject) -> tuple[Any, ...]:
    found = (subject.decoder, subject.parent, subject.category, subject.fts)
    return (*found, subject.values, subject.fields)


def _outcome(found: Rule | list[Any] | None) -> Outcome:
    if isinstance(found, Rule):
        return found.id
    return found if found is None else _without_descriptions(found)


def _without_descriptions(nodes: list[Any]) -> list[Any]:
    return [[rule_id, _without_descriptions(inner)] for rule_id, _, inner in nodes]


def _check(ruleset: Ruleset, plain: PlainDecoders, line: str) -> None:
    """Both engines decode the line alike and walk the tree alike."""
    subject, expected = Subject(line), Subject(line)
    for one in (subject, expected):
        predecode(one)
        one.at = AT
    ruleset.decoders.run(subject)
    plain.run(expected)
    assert _seen(expected) == _seen(subject), line
    root = ruleset.tree.roots[subject.category]
    hits = ruleset.tree.scan.hits(subject.log)
    walked = plain_walk([root] if root.id else root.children, expected)
    for _ in range(3):  # a line that comes again is walked by what was learnt from it
        found = walk(ruleset.tree.first[subject.category], subject, hits)
        assert walked == _outcome(found), line


@pytest.fixture(scope="module")
def stock_folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the stock ruleset."""
    folder = tmp_path_factory.mktemp("stock")
    for kind in FOLDERS:
        shutil.copytree(real_data / "wazuh" / kind, folder / kind, copy_function=shutil.copyfile)
    return folder


@pytest.fixture(scope="module")
def stock(stock_folder: Path) -> Ruleset:
    """The stock ruleset, loaded."""
    return load([stock_folder])


@pytest.fixture(scope="module")
def lines(real_data: Path) -> list[str]:
    """The lines of all open cases, as bytes read as Latin-1."""
    rows = (real_data / "wazuh" / "cases.jsonl").read_text("utf-8").splitlines()
    logs = [log for row in rows for log in json.loads(row)["logs"]]
    return [log.encode("utf-8", "surrogateescape").decode("latin-1") for log in dict.fromkeys(logs)]


def _changed(line: str, other: str, dice: random.Random) -> str:
    """Return a line with one of several things done to it."""
    at = dice.randrange(len(line) + 1)
    words = line.split(" ")
    dice_word = dice.randrange(len(words))
    return dice.choice(
        (
            line,
            line[:at],
            line[:at] + dice.choice(('"', "\\", ":", " ", "\x00", "\xff", "=", "[", "0", "|")) + line[at:],
            line[:at] + other[dice.randrange(len(other) + 1) :],
            " ".join(words[:dice_word] + words[dice_word + 1 :]),
            " ".join([*words[:dice_word], *other.split(" ")[:3], *words[dice_word:]]),
            line.swapcase() if dice.random() < 0.5 else line.upper(),
            line.replace(str(dice.randrange(10)), str(dice.randrange(10))),
        )
    )


@pytest.mark.slow
def test_both_engines_agree_on_changed_lines_of_the_cases(
    stock: Ruleset, stock_folder: Path, lines: list[str]
) -> None:
    """With the whole stock ruleset: decoder, parent, every field, and what the tree says."""
    plain, dice = _plain_decoders(stock_folder), random.Random(20261124)
    for _ in range(1_000):
        _check(stock, plain, _changed(dice.choice(lines), dice.choice(lines), dice))


def test_workers_and_one_process_give_the_same_events(stock: Ruleset, lines: list[str]) -> None:
    """However a stream is split into batches and sent through worker processes, the events are the same."""
    dice = random.Random(7)
    chosen = [dice.choice(lines) for _ in range(600)]
    records = [
        Record("s", n, line.encode("latin-1"), AT + n * 1_000, agent=f"00{n % 3}")
        for n, line in enumerate(chosen, start=1)
    ]
    alone = Correlation(stock).settle(stock.classify(records))
    correlation, split, at = Correlation(stock), list[Event](), 0
    while at < len(records):
        size = dice.randrange(1, 60)
        sent = msgspec.msgpack.encode(stock.classify(records[at : at + size]))
        split += correlation.settle(msgspec.msgpack.decode(sent, type=list[Classified]))
        at += size
    assert alone == split


WORD = st.sampled_from(
    ["error", "login", "from", "user=", "id:", "ab", "x", "10.0.0.1", "Failed", "root", "7"]
)
LINE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
OSREGEX = st.lists(
    st.sampled_from(
        [r"\d+", r"\w+", r"\S+", r"\s", r"\.+", r"\.", " ", "error", "login", "id:", "ab", r"(\S+)"]
    ),
    min_size=1,
    max_size=4,
).map("".join)
BOUND = st.tuples(st.sampled_from(["", "^"]), OSREGEX, st.sampled_from(["", "$"])).map("".join)
OSMATCH = st.lists(
    st.tuples(st.sampled_from(["", "^"]), WORD, st.sampled_from(["", "$"])).map("".join), max_size=3
)
PCRE2 = st.sampled_from(
    ["(?i)ERROR", r"\bfrom\b", "^login|root$", r"id:\s*\d", "(?=Failed)F", "ab?c*", r"(\w+) user"]
)
TYPED = st.one_of(
    BOUND.map(lambda text: ("osregex", text)),
    OSMATCH.map(lambda parts: ("osmatch", "|".join(parts))),
    PCRE2.map(lambda text: ("pcre2", text)),
)


@settings(max_examples=400)
@given(patterns=st.lists(TYPED, min_size=1, max_size=8), line=LINE, portable=st.booleans())
def test_the_pass_over_a_log_never_disagrees_with_a_pattern(
    patterns: list[tuple[str, str]], line: str, portable: bool
) -> None:
    """What it rules out does not match, and what it decides does."""
    compiled: list[Pattern] = []
    for dialect, text in patterns:
        try:
            compiled.append(compile_pattern(text, dialect))
        except ValueError:
            continue
    scan = LogScan(compiled, compiled, portable=portable)
    hits = scan.hits(line)
    for pattern in compiled:
        matches = pattern.test(line, lower(line)) != pattern.inverted
        for whole in (False, True):
            atom, decided = scan.atom(pattern, whole=whole)
            if pattern.inverted and not decided:
                continue
            assert atom == UNKNOWN or atom in hits or not matches
            assert not decided or atom not in hits or matches


def _escaped(text: str) -> str:
    return text.replace("<", r"\<")


def _decoder(number: int, parts: tuple[Any, ...]) -> str:
    child, program, prematch, regex, offset = parts
    where = f' offset="{offset}"' if offset and child else ""
    head = f"<program_name>{program}</program_name>" if program and not child else ""
    if child:
        head = f"<parent>d{number % 2}</parent>"
    reads = f"<regex{where}>{_escaped(regex)} (\\w+)</regex><order>id,extra</order>" if regex else ""
    name = f"{'c' if child else 'd'}{number}"
    return f'<decoder name="{name}">{head}<prematch>{_escaped(prematch)}</prematch>{reads}</decoder>'


DECODER = st.tuples(
    st.booleans(),
    st.sampled_from(["", "^app", "sshd"]),
    OSREGEX,
    st.one_of(st.just(""), BOUND.filter(lambda text: "$" not in text)),
    st.sampled_from(["", "after_parent", "after_prematch"]),
)


def _rule(number: int, parts: tuple[Any, ...]) -> str:
    level, parent, conditions, composite = parts
    tags = ""
    for tag, (dialect, text), negate in conditions:
        negated = ' negate="yes"' if negate else ""
        tags += f'<{tag} type="{dialect}"{negated}>{_escaped(text)}</{tag}>'
    above = f"<if_sid>{100 + parent}</if_sid>" if parent < number else ""
    counts = ' frequency="2"' if composite and above else ""
    counted = f"<if_matched_sid>{100 + parent}</if_matched_sid>" if counts else ""
    return (
        f'<rule id="{100 + number}" level="{level}"{counts}>{above}{counted}{tags}'
        f"<description>rule {number}</description></rule>"
    )


CONDITION = st.tuples(
    st.sampled_from(["match", "regex", "id", "extra_data", "program_name"]), TYPED, st.booleans()
)
RULE = st.tuples(
    st.integers(0, 15),
    st.integers(0, 9),
    st.lists(CONDITION, max_size=2, unique_by=lambda c: c[0]),
    st.booleans(),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    decoders=st.lists(DECODER, max_size=6),
    rules=st.lists(RULE, min_size=1, max_size=24),
    logs=st.lists(LINE, min_size=1, max_size=4),
    header=st.sampled_from(["", "Nov 24 10:00:00 host app[1]: ", "Nov 24 10:00:00 host sshd: "]),
)
def test_both_engines_agree_on_any_small_ruleset(
    decoders: list[Any], rules: list[Any], logs: list[str], header: str
) -> None:
    """Decoders and rules made up of a few words, on lines of the same words."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in FOLDERS:
            (folder / kind).mkdir()
        made = "\n".join(_decoder(number, parts) for number, parts in enumerate(decoders))
        (folder / "decoders" / "d.xml").write_text(made, "latin-1")
        body = "\n".join(_rule(number, parts) for number, parts in enumerate(rules))
        (folder / "rules" / "r.xml").write_text(f'<group name="g,">{body}</group>', "latin-1")
        ruleset, plain = load([folder]), _plain_decoders(folder)
        for log in logs:
            _check(ruleset, plain, header + log)
