"""Content, whatever it says: loaders refuse what they cannot use, by place, and load the rest."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.record import Record
from tocsin.decode.markup import MAX_DEPTH, MarkupError, parse
from tocsin.decode.variables import substitute
from tocsin.rules import Correlation, load

GOOD_DECODER = '<decoder name="good"><prematch>^good</prematch></decoder>'
GOOD_RULE = (
    '<group name="g,"><rule id="1000" level="3"><match>good</match>'
    "<description>g</description></rule></group>"
)
DECODERS = r"""<var name="WORD">\w+</var>
<decoder name="app"><program_name>^app</program_name><accumulate/></decoder>
<decoder name="app-a"><parent>app</parent><prematch offset="after_parent">^a $WORD</prematch>
 <regex offset="after_prematch" type="osregex">^ (\S+) (\d+)|^(\.+)$</regex><order>srcip, count</order>
 <fts>name, srcip</fts></decoder>
<decoder name="app-a"><parent>app</parent>
 <regex offset="after_regex"> to (\S+)</regex><order>user</order></decoder>
<decoder name="j"><prematch type="pcre2">^\{(?=.)</prematch>
 <plugin_decoder offset="after_parent">JSON_Decoder</plugin_decoder>
 <json_null_field>discard</json_null_field><json_array_structure>csv</json_array_structure></decoder>
"""
RULES = r"""<!-- a comment --><var name="IP">192.0.2.0/24</var>
<group name="local,syslog,">
 <rule id="100" level="0" noalert="0"><decoded_as>app</decoded_as><description>a $(srcip)</description></rule>
 <rule id="101" level="5" maxsize="3"><if_sid>100</if_sid><match negate="no">^a|b$</match>
  <regex>\d+ \<x</regex>
  <srcip negate="yes">$IP</srcip><field name="count" type="pcre2">^\d{1,3}$</field><time>6 pm - 8:30 am</time>
  <weekday>weekdays</weekday><list field="srcip" lookup="address_match_key">etc/lists/l</list>
  <options>no_full_log,no_log</options><mitre><id>T1110</id></mitre><info type="cve">x</info>
  <description>b</description><group>failed,</group></rule>
 <rule id="102" level="10" frequency="3" timeframe="60" ignore="60">
  <if_matched_group>failed</if_matched_group><same_srcip/><different_field>count</different_field><if_fts/><check_diff/><description>c</description></rule>
 <rule id="101" level="7" overwrite="yes"><if_level>3</if_level><description>d</description></rule>
</group>
"""
PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            *(
                "<",
                ">",
                "</",
                "/>",
                "<!--",
                "-->",
                "<! ",
                " !>",
                '"',
                "'",
                "=",
                "\\",
                "\\<",
                "$",
                "$IP",
                "|",
                "(",
                ")",
            ),
            *(
                "<rule>",
                "</rule>",
                "<group>",
                "</group>",
                "<decoder>",
                "</decoder>",
                "<var name='X'>",
                "</var>",
            ),
            *(
                "99999999999999999999",
                "-1",
                "\x00",
                "\xff",
                "\n",
                "type='pcre2'",
                "negate='yes'",
                "(?",
                "+*",
                "{9}",
            ),
        ]
    ),
)
SPLICES = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 60), PIECES), max_size=6)
ANY_SECONDS = 5.0


def _spliced(text: str, splices: list[tuple[int, int, str]]) -> str:
    """Return the text with parts of it replaced."""
    for number, length, piece in splices:
        at = number % (len(text) + 1)
        text = text[:at] + piece + text[at + length :]
    return text


def _check(decoders: str, rules: str) -> None:
    """Load both, with a good decoder and rule in files of their own, and put lines through."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, text, good in (("decoders", decoders, GOOD_DECODER), ("rules", rules, GOOD_RULE)):
            (folder / kind).mkdir()
            (folder / kind / "a.xml").write_bytes(text.encode("utf-8", "surrogatepass"))
            (folder / kind / "b.xml").write_text(good)
        (folder / "lists").mkdir()
        (folder / "lists" / "l").write_text("192.0.2.:x\n")
        ruleset = load([folder])
    for problem in ruleset.problems:
        assert problem.location.path.endswith((".xml", "l"))
        assert problem.reason
        assert problem.location.line > 0
    assert 1000 in ruleset.tree.rules or _takes_the_id(rules)
    lines = (b"good", b"Nov 24 10:00:00 h app: a b 192.0.2.1 7 to bob", b'{"a": [1, null], "srcip": "x"}')
    records = [Record("s", seq, line, 10**15) for seq, line in enumerate(lines, start=1)]
    Correlation(ruleset).settle(ruleset.classify(records))
    assert 0 == ruleset.quarantined
    assert time.process_time() - began < ANY_SECONDS


def _takes_the_id(rules: str) -> bool:
    return re.search(r"1000", rules) is not None


@settings(max_examples=120)
@given(splices=SPLICES)
def test_damaged_rules_are_refused_by_place_and_the_rest_loads(splices: list[tuple[int, int, str]]) -> None:
    """However a rule file is damaged, nothing raises and every problem has its line."""
    _check(DECODERS, _spliced(RULES, splices))


@settings(max_examples=120)
@given(splices=SPLICES)
def test_damaged_decoders_are_refused_by_place_and_the_rest_loads(
    splices: list[tuple[int, int, str]],
) -> None:
    """However a decoder file is damaged, nothing raises and every problem has its line."""
    _check(_spliced(DECODERS, splices), RULES)


@settings(max_examples=200)
@given(pieces=st.lists(PIECES, max_size=30))
def test_any_text_is_elements_or_one_error(pieces: list[str]) -> None:
    """The reader ends with elements, or with an error that names a line of the file."""
    content = "".join(pieces)
    refused = _refused(content)
    if refused is not None:
        assert refused.location is not None
        assert 0 < refused.location.line <= content.count("\n") + 1


def _refused(content: str) -> MarkupError | None:
    try:
        substitute(parse(content, "f"))
    except MarkupError as error:
        return error
    return None


@pytest.mark.parametrize(
    "content",
    [
        "<a>" * 200_000,
        "<a " * 200_000,
        "<!--" * 200_000,
        "<a b='" * 100_000,
        "\\" * 400_000 + "<a>",
        "<a>" + "\\<" * 200_000 + "</a>",
        "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH,
        '<var name="A">' + "x" * 20_000 + "</var><a>" + "$A" * 10_000 + "</a>",
        "<a" + "".join(f" b{number}='x'" for number in range(50_000)) + "/>",
        "<a>x</a>" * 50_000,
    ],
)
def test_large_and_odd_files_take_bounded_time(content: str) -> None:
    """Size costs time in proportion, and no stack."""
    began = time.process_time()
    refused = _refused(content)
    assert refused is None or refused.location is not None
    assert time.process_time() - began < ANY_SECONDS
