"""Rules kept between runs are the rules that reading them gives, and a bad cache is none."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest

from tocsin.core.event import Event
from tocsin.detect.loader import load_folders
from tocsin.detect.sigma import load_taxonomy
from tocsin.detect.sigma.cache import RuleCache, as_list, as_node, user_folder
from tocsin.query.tree import And, DatePart, Exists, InNetwork, Not, OneOf, Or, Range, Regex, SameAs, Term

RULE = """\
# a comment
title: r
id: 11111111-1111-4111-8111-111111111111
name: shell
status: test
level: low
tags: [attack.t1059]
logsource: {product: linux, service: sshd}
detection: {s: {event.code: [1, 2], User|re: 'a+', Hour|gte: 3}, k: [word], condition: s or k}
tocsin: {title: 'from {0}', title_fields: [source.ip], group_by: [source.ip]}
"""


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "r.yml").write_text(RULE, encoding="utf-8")
    return folder


def hits(folder, cache):
    """Load with the cache; return how many rules came from it, and the rules."""
    before = RuleCache(cache, load_taxonomy())
    known = len(before._known)
    return known, load_folders([folder], cache_folder=cache)


def test_a_kept_rule_is_the_rule(rules, tmp_path):
    """Field for field, and it matches."""
    cache = tmp_path / "cache"
    plain = load_folders([rules]).rules[0]
    for known in (0, 1):
        found, loaded = hits(rules, cache)
        assert known == found
        [rule] = loaded.rules
        for each in fields(plain):
            if each.name != "matches":
                assert getattr(plain, each.name) == getattr(rule, each.name), each.name
        assert rule.matches(Event("s", 1, 0, 0, "a word", {"process.name": "sshd"}))


def test_what_changed_is_read_anew(rules, tmp_path):
    """The text of the rule, or the tables it is read with."""
    cache = tmp_path / "cache"
    load_folders([rules], cache_folder=cache)
    (rules / "r.yml").write_text(RULE.replace("level: low", "level: high"), encoding="utf-8")
    assert "high" == load_folders([rules], cache_folder=cache).rules[0].level
    (tmp_path / "m.yml").write_text("fields: [{logsource: {product: linux}, names: {User: [who]}}]\n")
    rule = load_folders([rules], load_taxonomy([tmp_path / "m.yml"]), cache_folder=cache).rules[0]
    assert "who" in str(rule.node)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xff",
        msgspec.msgpack.encode({"format": 99, "rules": {}}),
        msgspec.msgpack.encode({"format": 2, "rules": {"x": [1]}}),
    ],
)
def test_a_damaged_cache_is_none(rules, tmp_path, content):
    """The rules are read as if there were no cache, and it is written anew."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "sigma-rules.msgpack").write_bytes(content)
    assert 1 == len(load_folders([rules], cache_folder=cache).rules)
    assert (1, 1) == (hits(rules, cache)[0], len(list(cache.iterdir())))


def test_an_entry_that_makes_no_rule_is_passed_over(rules, tmp_path):
    """Well-formed, and still not what reading a rule gives."""
    cache = tmp_path / "cache"
    load_folders([rules], cache_folder=cache)
    path = cache / "sigma-rules.msgpack"
    document = msgspec.msgpack.decode(path.read_bytes())
    for kept in document["rules"].values():
        kept[3] = ["Nonsense", 1, 2]
    path.write_bytes(msgspec.msgpack.encode(document))
    assert load_folders([rules]).rules[0].node == load_folders([rules], cache_folder=cache).rules[0].node


def test_a_folder_that_cannot_be_written_costs_only_time(rules, tmp_path):
    """The rules are there."""
    (tmp_path / "file").write_text("no folder")
    assert 1 == len(load_folders([rules], cache_folder=tmp_path / "file" / "cache").rules)


def test_bad_rules_are_refused_as_without_a_cache(rules, tmp_path):
    """Every time, with the same place and reason; twice the same identifier too."""
    (rules / "bad.yml").write_text("title: b\nlogsource: {product: linux}\ndetection: {condition: x}\n")
    (rules / "twice.yml").write_text(RULE, encoding="utf-8")
    plain = load_folders([rules]).problems
    assert 2 == len(plain)
    for _ in range(2):
        assert plain == load_folders([rules], cache_folder=tmp_path / "cache").problems


def test_every_kind_of_condition_is_kept():
    """As it was."""
    node = And(
        (
            Or((Term("a", 1), Term("b", True), OneOf("c", ("x", 2)), Range("d", gte=1.5))),
            Not(Exists("e")),
            Regex("f", "(?i)g", cased=False),
            InNetwork("h", "10.0.0.0/8"),
            SameAs("i", "j", "endswith"),
            DatePart("k", "hour", 3),
        )
    )
    assert node == as_node(msgspec.msgpack.decode(msgspec.msgpack.encode(as_list(node))))


def test_the_users_folder_is_where_xdg_says(monkeypatch, tmp_path):
    """Else below the home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path / "tocsin" == user_folder()
