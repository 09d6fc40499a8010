"""Wazuh's own test suite, put through `tocsin logtest`: same rule, level and decoder for every case.

The stock ruleset and the cases are not part of the project; the tests skip where they are absent.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from harness.waiting import PROCESS_S
from tocsin.decode.decoders import Decoders
from tocsin.decode.reader import read_files
from tocsin.rules import Ruleset, load

CASES = 821
"""Every case that needs no GeoIP database."""
GEOIP_CASES = 18
STOCK_RULES = 4_512
STOCK_DECODERS = 1_575
PLACES = {
    "8.8.8.8/32": ("US", None),
    "41.78.120.0/24": ("CF", "Haut-Mbomou"),
    "94.80.188.0/24": ("IT", "Lazio"),
    "194.69.224.0/24": ("IT", "Piedmont"),
    "200.16.16.0/24": ("AR", "Buenos Aires"),
    "2.136.147.0/24": ("ES", "Madrid"),
    "2.136.14.0/24": ("ES", "Catalonia"),
    "2.136.100.0/24": ("ES", "Galicia"),
}
"""Enough of the world for the cases; the regions are those upstream's rules name."""

Case = dict[str, Any]
Answers = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def upstreams_tests(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upstream's own test rules as a second content folder."""
    folder = tmp_path_factory.mktemp("tests")
    for kind in ("decoders", "rules"):
        (folder / kind).mkdir()
        for file in (real_data / "wazuh" / "test-ruleset").glob(f"*{kind}.xml"):
            shutil.copyfile(file, folder / kind / file.name)
    return folder


@pytest.fixture(scope="module")
def without_geoip(upstreams_tests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without the rules that only make sense with a GeoIP database, as upstream runs them."""
    folder = tmp_path_factory.mktemp("no-geoip") / "tests"
    shutil.copytree(upstreams_tests, folder, ignore=shutil.ignore_patterns("*geoip_rules.xml"))
    return folder


@pytest.fixture(scope="module")
def stock(real_data: Path) -> Ruleset:
    """The stock ruleset as it is."""
    return load([real_data / "wazuh"])


def _cases(real_data: Path, *, geoip: bool) -> list[Case]:
    lines = (real_data / "wazuh" / "cases.jsonl").read_text("utf-8").splitlines()
    return [case for case in map(json.loads, lines) if case["geoip"] == geoip]


def _ask(questions: Sequence[dict[str, Any]], *options: str | Path) -> list[dict[str, Any]]:
    """Return the answers of one `tocsin logtest --jsonl` to all questions."""
    command = [sys.executable, "-m", "tocsin", "logtest", "--jsonl"]
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        [*command, "--patch-eventchannel", "--quiet", *map(str, options)],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        timeout=PROCESS_S,
        env=os.environ | {"TZ": "UTC"},
    )
    assert "" == done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _wrong(cases: Sequence[Case], answers: Sequence[dict[str, Any]]) -> list[str]:
    """Return the cases whose last line came out otherwise than upstream states."""
    by_session = {answer["session"]: answer for answer in answers}
    wrong = []
    for number, case in enumerate(cases):
        answer = by_session[number]
        rule = answer["rule"] or {"id": "", "level": ""}
        decoder = answer["decoder"] or {"name": ""}
        found = (rule["id"], str(rule["level"]), decoder["name"])
        met = found == (case["rule"], case["level"], case["decoder"]) and not case["unmeetable"]
        if met != case["pass"]:
            wrong.append(f"{case['file']} {case['section']} {case['name']}: found {found}")
    return wrong


def _questions(cases: Sequence[Case]) -> list[dict[str, Any]]:
    return [{"log": log, "session": number} for number, case in enumerate(cases) for log in case["logs"]]


def test_every_case_has_its_outcome(real_data: Path, without_geoip: Path) -> None:
    """Each case meets, or misses where it must, the rule, level and decoder that upstream states."""
    cases = _cases(real_data, geoip=False)
    questions = _questions(cases)
    answers = _ask(questions, "--ruleset", real_data / "wazuh", "--ruleset", without_geoip)
    assert len(questions) == len(answers)
    assert [] == [answer for answer in answers if "error" in answer]
    assert [] == _wrong(cases, answers)
    assert len(cases) == CASES


def test_every_case_that_needs_regions_has_its_outcome(
    real_data: Path, upstreams_tests: Path, tmp_path: Path
) -> None:
    """With a GeoIP database the cases upstream leaves out by default come out as stated too."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    for network, (country, region) in PLACES.items():
        place: dict[str, Any] = {"country": {"iso_code": country}}
        if region is not None:
            place["subdivisions"] = [{"names": {"en": region}}]
        writer.insert_network(IPSet([network]), place)
    writer.to_db_file(str(tmp_path / "places.mmdb"))
    cases = _cases(real_data, geoip=True)
    folders = ("--ruleset", real_data / "wazuh", "--ruleset", upstreams_tests)
    answers = _ask(_questions(cases), *folders, "--geoip", tmp_path / "places.mmdb")
    assert [] == _wrong(cases, answers)
    assert len(cases) == GEOIP_CASES


def test_the_stock_ruleset_loads_as_it_is(stock: Ruleset, real_data: Path) -> None:
    """Every rule and decoder is in force; the one problem is a parent upstream does not find either."""
    read, problems = read_files(sorted((real_data / "wazuh" / "decoders").glob("*.xml")))
    linked = Decoders(read)
    assert STOCK_RULES == len(stock.rules)
    assert STOCK_DECODERS == len(read)
    assert [] == [*problems, *linked.problems]
    assert ["91821"] == [problem.subject for problem in stock.problems]


def test_only_what_upstream_refuses_too_is_refused(real_data: Path, without_geoip: Path) -> None:
    """Of all rules three are refused: a missing list, a malformed parent, a rule that is its own parent."""
    ruleset = load([real_data / "wazuh", without_geoip])
    known = ("stands already", "is ignored")
    refused = sorted(p.subject for p in ruleset.problems if not any(text in p.reason for text in known))
    assert ["91821", "999276", "999918"] == refused


def test_every_problem_names_file_and_line(real_data: Path, without_geoip: Path) -> None:
    """A problem of content can be found in its file."""
    for problem in load([real_data / "wazuh", without_geoip]).problems:
        assert problem.location.path.endswith(".xml")
        assert problem.location.line > 0
        assert problem.subject
