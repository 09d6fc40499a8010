"""Wazuh's own test suite, run through the public face: same rule, level and decoder for every case.

The stock ruleset and the cases are not part of the project; the tests skip where they are absent.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load

MUST_PASS = 821
"""Every case that needs no GeoIP database."""
AT = from_iso("2026-11-24T00:00:00Z")


@pytest.fixture(scope="module")
def stock(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """The stock ruleset with upstream's own test rules and its patch of rule 60000."""
    source, folder = real_data / "wazuh", tmp_path_factory.mktemp("wazuh")
    for kind in ("decoders", "rules"):
        shutil.copytree(source / kind, folder / kind, copy_function=shutil.copyfile)
        for extra in (source / "test-ruleset").glob(f"*{kind}.xml"):
            if "geoip" not in extra.name:
                shutil.copyfile(extra, folder / kind / extra.name)
    shutil.copytree(source / "lists", folder / "lists", copy_function=shutil.copyfile)
    (folder / "rules" / "0215-policy_rules.xml").unlink()  # excluded by upstream's default settings
    _let_json_be_windows(folder / "rules" / "0575-win-base_rules.xml")
    return load([folder])


def _let_json_be_windows(path: Path) -> None:
    """Patch rule 60000 as upstream's runner does: Windows events come as plain JSON lines."""
    text = path.read_text("latin-1")
    start = text.index('<rule id="60000"')
    end = text.index("</rule>", start)
    rule = text[start:end].replace("<category>ossec</category>", "").replace("windows_eventchannel", "json")
    path.write_text(text[:start] + rule + text[end:], "latin-1")


@pytest.fixture(scope="module")
def cases(real_data: Path) -> list[dict[str, Any]]:
    """The cases that need no GeoIP database."""
    lines = (real_data / "wazuh" / "cases.jsonl").read_text("utf-8").splitlines()
    return [case for case in map(json.loads, lines) if not case["geoip"]]


def _verdict(ruleset: Ruleset, logs: list[str]) -> tuple[str, str, str]:
    records = [
        Record("logtest", seq, log.encode("utf-8", "surrogateescape"), AT + seq, location="stdin")
        for seq, log in enumerate(logs, start=1)
    ]
    # Upstream counts by the time of reception, whatever the lines say.
    fields = Correlation(ruleset).settle(ruleset.classify(records))[-1].fields
    return (
        str(fields.get("rule.id", "")),
        str(fields.get("rule.level", "")),
        str(fields.get("decoder.name", "")),
    )


def test_every_case_has_its_outcome(stock: Ruleset, cases: list[dict[str, Any]]) -> None:
    """Each case meets, or misses where it must, the rule, level and decoder that upstream states."""
    wrong = []
    for case in cases:
        found = _verdict(stock, case["logs"])
        met = found == (case["rule"], case["level"], case["decoder"]) and not case["unmeetable"]
        if met != case["pass"]:
            wrong.append(f"{case['file']} {case['section']} {case['name']}: found {found}")
    assert wrong == []
    assert len(cases) == MUST_PASS
    assert stock.quarantined == 0


def test_only_what_upstream_refuses_too_is_refused(stock: Ruleset) -> None:
    """Of 4,700 rules three are refused: a missing list, a malformed parent, a rule that is its own parent."""
    known = ("stands already", "is ignored")
    refused = sorted(p.subject for p in stock.problems if not any(text in p.reason for text in known))
    assert ["91821", "999276", "999918"] == refused
    assert len(stock.rules) > 4_600


def test_every_problem_names_file_and_line(stock: Ruleset) -> None:
    """A problem of content can be found in its file."""
    for problem in stock.problems:
        assert problem.location.path.endswith(".xml")
        assert problem.location.line > 0
        assert problem.subject
