"""Warninglists in MISP's format, ours and other people's."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.intel.warninglists import Warninglists

CONTENT = Path(__file__).resolve().parents[3] / "content" / "warninglists"


def lists(folder: Path, **documents: Any) -> Warninglists:
    for name, document in documents.items():
        (folder / name).mkdir()
        text = document if isinstance(document, str) else json.dumps({"name": name, **document})
        (folder / name / "list.json").write_text(text)
    return Warninglists([folder])


def names(loaded: Warninglists, kind: str, value: str) -> list[str]:
    return sorted(hit.name for hit in loaded.hits(kind, value))


def test_each_type_matches_its_way(tmp_path: Path) -> None:
    """Strings are exact, hostnames cover names below, cidr networks within; substring and regex search."""
    loaded = lists(
        tmp_path,
        string={"type": "string", "list": ["8.8.8.8", "GOOD.example"]},
        hostname={"type": "hostname", "list": [".example.org", "github.com"]},
        cidr={"type": "cidr", "list": ["10.0.0.0/8"]},
        substring={"type": "substring", "list": ["akamai"]},
        regex={"type": "regex", "list": ["/^A[0-9]+$/i"]},
    )
    assert loaded.load() == []
    assert names(loaded, "ip", "8.8.8.8") == ["string"]
    assert names(loaded, "domain", "good.example") == ["string"]
    assert names(loaded, "domain", "a.b.example.org") == ["hostname"]
    assert names(loaded, "domain", "notexample.org") == []
    assert names(loaded, "email", "bob@github.com") == ["hostname"]
    assert names(loaded, "ip", "10.9.8.7") == ["cidr"]
    assert names(loaded, "cidr", "10.1.0.0/16") == ["cidr"]
    assert names(loaded, "url", "http://10.1.1.1/") == ["cidr"]
    assert names(loaded, "domain", "x.akamaiedge.net") == ["substring"]
    assert names(loaded, "other", "a12") == ["regex"]


def test_hostname_list_does_not_excuse_a_file_on_the_host(tmp_path: Path) -> None:
    """A URL is named only when it is nothing but the host."""
    loaded = lists(tmp_path, hostname={"type": "hostname", "list": ["github.com"]})
    loaded.load()
    assert names(loaded, "url", "https://github.com/") == ["hostname"]
    assert names(loaded, "url", "https://github.com/x/evil.exe") == []


def test_list_speaks_only_of_its_attributes(tmp_path: Path) -> None:
    """`matching_attributes` limits the kinds; `ip-src` includes networks."""
    loaded = lists(
        tmp_path, a={"type": "string", "list": ["10.0.0.0/8", "x.com"], "matching_attributes": ["ip-src"]}
    )
    loaded.load()
    assert names(loaded, "domain", "x.com") == []
    assert names(loaded, "cidr", "10.0.0.0/8") == ["a"]


def test_bad_list_and_bad_entry_are_refused_and_the_rest_loads(tmp_path: Path) -> None:
    """Each refusal names its file and reason."""
    loaded = lists(
        tmp_path,
        broken='{"name": "x",\n "list": [',
        odd={"type": "telepathy", "list": []},
        nolist={"type": "string"},
        array="[]",
        cidr={"type": "cidr", "list": ["10.0.0.0/8", "300.0.0.0/8"]},
        regex={"type": "regex", "list": ["(", "/(?<=a)b/", "ok"]},
    )
    problems = loaded.load()
    assert {"broken": 1, "odd": 1, "nolist": 1, "array": 1, "cidr": 1, "regex": 2} == {
        name: sum(Path(problem.location.path).parent.name == name for problem in problems)
        for name in ("broken", "odd", "nolist", "array", "cidr", "regex")
    }
    assert names(loaded, "ip", "10.1.1.1") == ["cidr"]
    assert names(loaded, "other", "ok") == ["regex"]


def test_list_out_of_use_says_nothing(tmp_path: Path) -> None:
    """A disabled list is kept and not asked."""
    loaded = lists(tmp_path, a={"type": "string", "list": ["x"]})
    loaded.load()
    loaded.disable(["a"])
    assert names(loaded, "other", "x") == []
    assert [("a", False)] == [(each.name, enabled) for each, enabled in loaded.all()]


@pytest.mark.parametrize(
    ("kind", "value", "list_name"),
    [
        ("ip", "192.168.1.1", "Private networks"),
        ("ip", "127.0.0.1", "Special-purpose networks"),
        ("ip", "8.8.8.8", "Public DNS resolvers"),
        ("ip", "2620:fe::fe", "Public DNS resolvers"),
        ("domain", "mail.example.com", "Reserved names"),
        ("hash", "d41d8cd98f00b204e9800998ecf8427e", "Hashes of the empty file"),
        ("ip", "162.142.125.9", "Research scanners"),
    ],
)
def test_our_own_lists(kind: str, value: str, list_name: str) -> None:
    """The lists that come with the platform load without a problem and name what they should."""
    loaded = Warninglists([CONTENT])
    assert loaded.load() == []
    assert list_name in names(loaded, kind, value)


def test_our_own_lists_leave_others_alone() -> None:
    """An ordinary address, the documentation ranges and an ordinary name are on none."""
    loaded = Warninglists([CONTENT])
    loaded.load()
    assert [] == [
        hit
        for value in (("ip", "185.220.101.1"), ("ip", "203.0.113.9"), ("domain", "evil.com"))
        for hit in loaded.hits(*value)
    ]


@pytest.mark.slow
def test_upstream_lists_load() -> None:
    """The 119 lists of MISP load and name what everybody knows."""
    spec = importlib.util.find_spec("pymispwarninglists")
    if spec is None or spec.origin is None:
        pytest.skip("pymispwarninglists is not installed")
    loaded = Warninglists([Path(spec.origin).parent / "data" / "misp-warninglists" / "lists"])
    problems = loaded.load()
    assert len(loaded.all()) > 100
    assert len(problems) < 60
    assert "List of known IPv4 public DNS resolvers" in names(loaded, "ip", "8.8.8.8")
    assert names(loaded, "domain", "www.google.com") != []
    assert names(loaded, "domain", "qzxv-nobody-knows-this.top") == []
