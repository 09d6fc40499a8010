"""What rules mean by the Sigma specification, fact by fact: alone, and among all others in the index."""

from __future__ import annotations

from textwrap import indent
from uuid import UUID

import pytest

from tocsin.core.errors import ContentError
from tocsin.detect.index import RuleIndex
from tocsin.detect.loader import read_text
from tocsin.hunt.flatten import event_of

SELECTIONS = (
    "s_a: {CommandLine|contains: a1}\ns_b: {CommandLine|contains: b2}\n"
    "f_1: {CommandLine|contains: c3}\n_hid: {CommandLine|contains: zz}\ncondition: "
)

FACTS = [
    ("CommandLine: foo", {"CommandLine": "FOO"}, True),
    ("CommandLine: foo", {"CommandLine": "foo bar"}, False),
    ("CommandLine: 'fo*'", {"CommandLine": "foobar"}, True),
    ("CommandLine: 'f?o'", {"CommandLine": "fxo"}, True),
    ("CommandLine: 'f?o'", {"CommandLine": "fo"}, False),
    ("CommandLine: 'f\\?o'", {"CommandLine": "f?o"}, True),
    ("CommandLine: 'f\\?o'", {"CommandLine": "fxo"}, False),
    ("CommandLine: 'f\\*o'", {"CommandLine": "f*o"}, True),
    ("CommandLine: 'f\\*o'", {"CommandLine": "fao"}, False),
    ("CommandLine: 'a\\\\*b'", {"CommandLine": "a\\xxb"}, True),
    ("CommandLine: 'a\\\\\\*b'", {"CommandLine": "a\\*b"}, True),
    ("CommandLine: 'a\\\\\\*b'", {"CommandLine": "a\\xb"}, False),
    ("CommandLine: 'C:\\Windows\\x'", {"CommandLine": "c:\\windows\\x"}, True),
    ("CommandLine: 'C:\\\\Windows\\\\x'", {"CommandLine": "c:\\windows\\x"}, True),
    ("CommandLine: '\\\\\\\\srv\\share'", {"CommandLine": "\\\\srv\\share"}, True),
    ("CommandLine|contains: '\\\\\\\\srv'", {"CommandLine": "x \\\\srv\\y"}, True),
    ("CommandLine|contains: '\\\\srv'", {"CommandLine": "x \\srv\\y"}, True),
    ("CommandLine|endswith: '\\'", {"CommandLine": "C:\\dir\\"}, True),
    ("CommandLine|contains: '\\*'", {"CommandLine": "a * b"}, True),
    ("CommandLine|contains: '\\*'", {"CommandLine": "ab"}, False),
    ("CommandLine|endswith: '\\cmd.exe'", {"CommandLine": "C:\\cmd.EXE"}, True),
    ("CommandLine: null", {}, True),
    ("CommandLine: null", {"CommandLine": ""}, False),
    ("CommandLine: null", {"CommandLine": "x"}, False),
    ("CommandLine: ''", {"CommandLine": ""}, True),
    ("CommandLine: ''", {"CommandLine": "x"}, False),
    ("CommandLine:", {}, True),
    ("CommandLine: [null, foo]", {"CommandLine": "foo"}, True),
    ("CommandLine: [null, foo]", {}, True),
    ("CommandLine: [null, foo]", {"CommandLine": "x"}, False),
    ("sel: {CommandLine: foo}\nflt: {User: null}\ncondition: sel and not flt", {"CommandLine": "foo"}, False),
    (
        "sel: {CommandLine: foo}\nflt: {User: null}\ncondition: sel and not flt",
        {"CommandLine": "foo", "User": "a"},
        True,
    ),
    ("Port: 3389", {"Port": "3389"}, True),
    ("Port: '3389'", {"Port": 3389}, True),
    ("Port: [1, 2]", {"Port": 2}, True),
    ("Flag: true", {"Flag": "true"}, True),
    ("Flag: 'true'", {"Flag": True}, True),
    ("Flag: 'True'", {"Flag": True}, True),
    ("N: 1.5", {"N": "1.5"}, True),
    ("N|gt: 5", {"N": 6}, True),
    ("N|gt: 5", {"N": "6"}, True),
    ("N|gt: 5", {"N": 5}, False),
    ("N|gte: 5", {"N": 5}, True),
    ("N|lt: 5", {"N": 4.5}, True),
    ("N|lte: 5", {"N": "5"}, True),
    ("N|gt: 5", {"N": "abc"}, False),
    ("N|gt: 5", {}, False),
    ("N|gt: 5", {"N": 10}, True),
    ("N|gt: 5", {"N": "10"}, True),
    ("N|lt: 5", {"N": ""}, False),
    ("CommandLine|contains: [a1, b2]", {"CommandLine": "xxB2"}, True),
    ("CommandLine|contains|all: [a1, b2]", {"CommandLine": "xxB2"}, False),
    ("CommandLine|contains|all: [a1, b2]", {"CommandLine": "A1xxB2"}, True),
    ("CommandLine|all: ['*a1*', '*b2*']", {"CommandLine": "A1xxB2"}, True),
    ("CommandLine|startswith: ab", {"CommandLine": "ABc"}, True),
    ("CommandLine|contains: 'a*b'", {"CommandLine": "xaYYbx"}, True),
    ("CommandLine|re: 'fo+\\d$'", {"CommandLine": "xxfoo5"}, True),
    ("CommandLine|re: 'fo+\\d$'", {"CommandLine": "xxFOO5"}, False),
    ("CommandLine|re|i: 'fo+\\d$'", {"CommandLine": "xxFOO5"}, True),
    ("CommandLine|re|m: '^b$'", {"CommandLine": "a\nb\nc"}, True),
    ("CommandLine|re: '^b$'", {"CommandLine": "a\nb\nc"}, False),
    ("CommandLine|re|s: 'a.b'", {"CommandLine": "a\nb"}, True),
    ("CommandLine|re: 'a.b'", {"CommandLine": "a\nb"}, False),
    ("CommandLine|re|i|s: 'A.B'", {"CommandLine": "a\nb"}, True),
    ("CommandLine|re|i|m|s: '^B.c'", {"CommandLine": "a\nb\nc"}, True),
    ("CommandLine|re: ['^a','^b']", {"CommandLine": "bx"}, True),
    ("CommandLine|re|all: ['a','b']", {"CommandLine": "ab"}, True),
    ("CommandLine|re: '(?i)foo'", {"CommandLine": "FOO"}, True),
    ("CommandLine|cased: Foo", {"CommandLine": "Foo"}, True),
    ("CommandLine|cased: Foo", {"CommandLine": "foo"}, False),
    ("CommandLine|contains|cased: Foo", {"CommandLine": "xFoox"}, True),
    ("CommandLine|contains|cased: Foo", {"CommandLine": "xfoox"}, False),
    ("CommandLine|endswith|cased: Foo", {"CommandLine": "xFoo"}, True),
    ("Ip|cidr: 10.0.0.0/8", {"Ip": "10.2.3.4"}, True),
    ("Ip|cidr: 10.0.0.0/8", {"Ip": "11.2.3.4"}, False),
    ("Ip|cidr: [10.0.0.0/8, '::1/128', 'fe80::/10']", {"Ip": "fe80::1"}, True),
    ("Ip|cidr: '2001:db8::/32'", {"Ip": "2001:db8::5"}, True),
    ("Ip|cidr: 10.0.0.0/8", {"Ip": "10.x"}, False),
    ("Ip|cidr: 192.168.0.0/23", {"Ip": "192.168.1.255"}, True),
    ("CommandLine|base64: foo", {"CommandLine": "Zm9v"}, True),
    ("CommandLine|base64|contains: foobar", {"CommandLine": "x Zm9vYmFy y"}, True),
    ("CommandLine|base64offset|contains: 'http://evil'", {"CommandLine": "-enc aHR0cDovL2V2aWwgeno="}, True),
    ("CommandLine|base64offset|contains: 'http://evil'", {"CommandLine": "-enc eGh0dHA6Ly9ldmlsIHp6"}, True),
    (
        "CommandLine|base64offset|contains: 'http://evil'",
        {"CommandLine": "-enc eHhodHRwOi8vZXZpbCB6eg=="},
        True,
    ),
    ("CommandLine|base64offset|contains: 'http://evil'", {"CommandLine": "-enc aHR0cDovL2dvb2Q="}, False),
    ("CommandLine|wide|base64offset|contains: 'IEX'", {"CommandLine": "-enc YQAgAEkARQBYACAAYgA="}, True),
    ("CommandLine|utf16le|base64offset|contains: 'IEX'", {"CommandLine": "-enc YQAgAEkARQBYACAAYgA="}, True),
    ("CommandLine|utf16be|base64offset|contains: 'IEX'", {"CommandLine": "AGEAYQAgAEkARQBYACAAYg=="}, True),
    ("CommandLine|utf16|base64offset|contains: 'IEX'", {"CommandLine": "//5JAEUAWAAgAGIA"}, True),
    ("CommandLine|windash|contains: ' -enc '", {"CommandLine": "p /enc x"}, True),
    ("CommandLine|contains|windash: ' -enc '", {"CommandLine": "p \u2013enc x"}, True),
    ("CommandLine|windash|contains: ' -enc '", {"CommandLine": "p \u2014enc x"}, True),
    ("CommandLine|windash|contains: ' -enc '", {"CommandLine": "p \u2015enc x"}, True),
    ("CommandLine|windash|contains: ' -enc '", {"CommandLine": "p _enc x"}, False),
    ("CommandLine|contains|windash: ' /enc '", {"CommandLine": "p -enc x"}, True),
    ("CommandLine|contains|all|windash: [' -a ', ' -b ']", {"CommandLine": "p /a -b x"}, True),
    ("CommandLine|windash|contains|all: [' -a ', ' -b ']", {"CommandLine": "p /a x"}, False),
    ("CommandLine|fieldref: Other", {"CommandLine": "x", "Other": "x"}, True),
    ("CommandLine|fieldref: Other", {"CommandLine": "x", "Other": "y"}, False),
    ("CommandLine|fieldref: Other", {"CommandLine": "X", "Other": "x"}, True),
    ("CommandLine|fieldref|endswith: Other", {"CommandLine": "abX", "Other": "x"}, True),
    ("CommandLine|fieldref|contains: Other", {"CommandLine": "aXb", "Other": "x"}, True),
    ("CommandLine|fieldref|startswith: Other", {"CommandLine": "Xb", "Other": "x"}, True),
    ("CommandLine|fieldref: Other", {"CommandLine": "x"}, False),
    ("sel: {CommandLine|fieldref: Other}\ncondition: not sel", {"CommandLine": "x"}, True),
    ("CommandLine|exists: true", {"CommandLine": "x"}, True),
    ("CommandLine|exists: true", {}, False),
    ("CommandLine|exists: false", {}, True),
    ("CommandLine|exists: no", {"CommandLine": "x"}, False),
    ("CommandLine|exists: true", {"CommandLine": ""}, True),
    ("CommandLine|neq: foo", {"CommandLine": "bar"}, True),
    ("CommandLine|neq: foo", {"CommandLine": "FOO"}, False),
    ("CommandLine|contains|neq: foo", {"CommandLine": "afoob"}, False),
    ("CommandLine|contains|neq: foo", {"CommandLine": "ab"}, True),
    ("CommandLine|neq: [a, b]", {"CommandLine": "b"}, False),
    ("CommandLine|neq: [a, b]", {"CommandLine": "c"}, True),
    ("UtcTime|minute: 5", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|minute: 6", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|hour: 10", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|hour: 11", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|day: 24", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|day: 25", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|week: 48", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|week: 49", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|month: 11", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|month: 12", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|year: 2026", {"UtcTime": "2026-11-24 10:05:33.123"}, True),
    ("UtcTime|year: 2027", {"UtcTime": "2026-11-24 10:05:33.123"}, False),
    ("UtcTime|hour|gte: 10", {"UtcTime": "2026-11-24T10:05:33Z"}, True),
    ("UtcTime|hour: [10, 11]", {"UtcTime": "2026-11-24T11:05:33Z"}, True),
    ("kw:\n  - foo\n  - bar\ncondition: kw", {"CommandLine": "x foo y"}, True),
    ("kw:\n  - foo\n  - bar\ncondition: kw", {"CommandLine": "x y"}, False),
    ("kw:\n  '|all': [foo, bar]\ncondition: kw", {"CommandLine": "foo bar"}, True),
    ("kw:\n  '|all': [foo, bar]\ncondition: kw", {"CommandLine": "foo"}, False),
    ("kw:\n  '|all': [foo, bar]\ncondition: kw", {"CommandLine": "foo", "User": "bar"}, True),
    ("kw:\n  - 'fo*ar'\ncondition: kw", {"CommandLine": "x fozzar"}, True),
    ("kw:\n  '|re': 'fo+'\ncondition: kw", {"CommandLine": "xfoo"}, True),
    ("kw:\n  - 4242\ncondition: kw", {"N": 4242}, True),
    ("kw: ['foo']\nsel: {CommandLine: x}\ncondition: kw and sel", {"CommandLine": "x", "D": "a foo"}, True),
    ("sel:\n  - CommandLine: a\n  - {User: b, Other: c}\ncondition: sel", {"CommandLine": "a"}, True),
    ("sel:\n  - CommandLine: a\n  - {User: b, Other: c}\ncondition: sel", {"User": "b"}, False),
    ("sel:\n  - CommandLine: a\n  - {User: b, Other: c}\ncondition: sel", {"User": "b", "Other": "c"}, True),
    ("sel:\n  - CommandLine: a\n  - keyw\ncondition: sel", {"User": "xkeywx"}, True),
    ("when: 1 of s_*", {"CommandLine": "a1"}, True),
    ("when: all of s_*", {"CommandLine": "a1"}, False),
    ("when: all of s_*", {"CommandLine": "a1b2"}, True),
    ("when: 1 of them", {"CommandLine": "c3"}, True),
    ("when: 1 of them", {"CommandLine": "zz"}, False),
    ("when: all of them", {"CommandLine": "a1b2c3"}, True),
    ("when: all of them", {"CommandLine": "a1b2"}, False),
    ("when: any of s_*", {"CommandLine": "b2"}, True),
    ("when: s_a and not f_1", {"CommandLine": "a1"}, True),
    ("when: s_a and not f_1", {"CommandLine": "a1c3"}, False),
    ("when: not (s_a or s_b)", {"CommandLine": "x"}, True),
    ("when: not (s_a or s_b)", {"CommandLine": "b2"}, False),
    ("when: (s_a and (s_b or not f_1))", {"CommandLine": "a1"}, True),
    ("when: not s_a and not s_b or f_1", {"CommandLine": "c3"}, True),
    ("when: s_a or s_b and f_1", {"CommandLine": "a1"}, True),
    ("when: s_a or s_b and f_1", {"CommandLine": "b2"}, False),
    ("when: not 1 of f_*", {"CommandLine": "a1"}, True),
    ("when: not 1 of f_*", {"CommandLine": "c3"}, False),
    ("when: s_a and not 1 of f_*", {"CommandLine": "a1"}, True),
    ("when: 1 of s_* and 1 of f_*", {"CommandLine": "b2c3"}, True),
    ("when: not all of s_*", {"CommandLine": "a1"}, True),
    ("when: not all of s_*", {"CommandLine": "a1b2"}, False),
    ("when: 1 of s_* or 1 of f_*", {"CommandLine": "c3"}, True),
    ("when: not not s_a", {"CommandLine": "a1"}, True),
    ("when: (1 of s_*) and not (f_1)", {"CommandLine": "a1"}, True),
    ("when:   s_a", {"CommandLine": "a1"}, True),
    ("sel: {CommandLine: a}\nflt: {User: b}\ncondition:\n  - sel\n  - flt", {"User": "b"}, True),
    ("sel: {CommandLine: a}\nflt: {User: b}\ncondition:\n  - sel\n  - flt", {"CommandLine": "x"}, False),
    ("sel: {CommandLine|contains: ['*']}\ncondition: sel", {"CommandLine": "x"}, True),
    ("CommandLine: '*'", {"CommandLine": "x"}, True),
    ("CommandLine: '*'", {}, False),
    ("CommandLine: '?*'", {"CommandLine": ""}, False),
    ("Arr|contains: foo", {"Arr": ["a", "xfoo"]}, True),
    ("Arr|contains|all: [foo, bar]", {"Arr": ["xfoo", "bar"]}, True),
    ("Arr: foo", {"Arr": ["a", "foo"]}, True),
    ("CommandLine|contains: 'straße'", {"CommandLine": "STRASSE straße"}, True),
    ("CommandLine|contains: 'Ünï'", {"CommandLine": "xüNÏx"}, True),
    ("CommandLine|contains|contains: x", {"CommandLine": "x"}, True),
    ("CommandLine|startswith|cased: A", {"CommandLine": "Ab"}, True),
    ("CommandLine|contains: 'a\\*b'", {"CommandLine": "xa*bx"}, True),
    ("CommandLine|re: 'a\\\\b'", {"CommandLine": "a\\b"}, True),
    ("CommandLine|wide|base64: foo", {"CommandLine": "ZgBvAG8A"}, True),
    ("CommandLine|base64offset: foo", {"CommandLine": "Zm9v"}, True),
]
"""A detection, the fields of an event, and whether it holds. One without a condition is a selection of one
line; after `when:` stands a condition on `SELECTIONS`."""


def rule_of(number, detection):
    """Return a rule of process creations with a detection."""
    if detection.startswith("when: "):
        detection = f"{SELECTIONS}{detection[6:].strip()}"
    elif "condition:" not in detection:
        detection = f"sel:\n  {detection}\ncondition: sel"
    text = (
        f"title: T\nid: {UUID(int=(4 << 76) + (2 << 62) + number)}\nstatus: test\nlevel: high\n"
        f"logsource: {{product: windows, category: process_creation}}\n"
        f"detection:\n{indent(detection, '  ')}\n"
    )
    return read_text("r.yml", text).rule


def event(fields):
    """Return a process creation of Sysmon's."""
    shared = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": "C:\\Windows\\a.exe"}
    return event_of({**shared, **fields}, "s", 1)


@pytest.mark.parametrize(("detection", "fields", "holds"), FACTS)
def test_a_detection_means_what_the_specification_says(detection, fields, holds):
    """Each modifier, wildcard, escape, empty value and condition."""
    assert rule_of(1, detection).matches(event(fields)) is holds


def test_a_rule_means_the_same_among_all_others():
    """The index, which live detection and hunts ask, finds just the rules that match alone."""
    rules = [rule_of(number, detection) for number, (detection, _, _) in enumerate(FACTS)]
    index = RuleIndex(rules)
    for _, fields, _ in FACTS:
        asked = event(fields)
        alone = {rule.id for rule in rules if rule.matches(asked)}
        assert {rule.id for rule in index.matching(asked)} == alone


@pytest.mark.parametrize(
    ("detection", "reason"),
    [
        ("CommandLine|re: '(?<!a)b'", "perl operator"),
        ("CommandLine|expand: 'x%tools%y'", "placeholder"),
        ("CommandLine|contains|bogus: x", "bogus"),
        ("when: s_a | count() > 3", "replaced by Sigma correlations"),
        ("when: s_a and nothere", "nothere"),
        ("UtcTime|year|gt: 2020", "equal"),
        ("sel: {}\ncondition: sel", "r.yml:6"),
        ("sel: []\ncondition: sel", "r.yml:6"),
    ],
)
def test_what_cannot_be_asked_is_refused(detection, reason):
    """With the reason, rather than read as something else."""
    with pytest.raises(ContentError, match=reason):
        rule_of(1, detection)
