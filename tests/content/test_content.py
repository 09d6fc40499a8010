"""Everything that comes with Tocsin loads without a remark and does what the cases beside it say.

The functions are those that run for anybody's content: `tocsin rules test` and the start of the platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.accounts import Audit
from tocsin.content import own_content
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.detect import loader as detections
from tocsin.intel import ImportOrder, Intel, IntelSettings
from tocsin.respond import loader as playbooks
from tocsin.respond.actions import ACTIONS
from tocsin.rules import Ruleset, load
from tocsin.rules.cases import case_files, read_cases, run_cases

CONTENT = own_content()
CASE_FILES = case_files(CONTENT)


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    """Our decoders and rules."""
    return load([CONTENT])


def test_no_file_of_ours_is_refused(ruleset: Ruleset) -> None:
    """Decoders, rules, lists, detections and playbooks: not one problem, and none of them is empty."""
    watching = detections.load_folders([CONTENT / "detections"])
    responding = playbooks.load_folders([CONTENT / "playbooks"], ACTIONS)

    assert [] == [*ruleset.problems, *watching.problems, *responding.problems]
    assert all((ruleset.rules, watching.rules, responding.playbooks))


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.name.removesuffix(".cases.yml"))
def test_the_cases_beside_rules_pass(ruleset: Ruleset, path: Path) -> None:
    """Each line gives the rule, level, decoder and fields that its case states."""
    outcomes, problems = run_cases(ruleset, [path])
    assert [] == problems
    assert outcomes
    assert [] == [(outcome.name, outcome.failures) for outcome in outcomes if outcome.failures]


def test_every_rule_that_can_be_an_events_last_has_a_case(ruleset: Ruleset) -> None:
    """A rule nobody has tried does not ship; those of level 0 only group others."""
    expected = {
        str(case.expect.rule)
        for path in CASE_FILES
        for _, case in read_cases(path)
        if hasattr(case, "expect")
    }
    assert [] == [rule.id for rule in ruleset.rules if rule.level and rule.id not in expected]


def test_every_file_of_rules_has_cases() -> None:
    """Beside each file of rules but the roots, which every other file's cases go through."""
    files = {path.stem for path in (CONTENT / "rules").glob("*.xml")} - {"0000-roots"}
    assert files == {path.name.removesuffix(".cases.yml") for path in CASE_FILES}


@pytest.fixture
def intel(tmp_path: Path) -> Iterator[Intel]:
    """Indicators with our own warninglists and those of the demo."""
    db = Database(f"sqlite:///{tmp_path}/tocsin.db")
    db.create_all()
    clock = ManualClock(from_iso("2026-11-24T12:00:00Z"))
    folders = [CONTENT / "warninglists", CONTENT / "demo" / "warninglists"]
    made = Intel(db, clock, Audit(clock), IntelSettings(folder=tmp_path / "intel", warninglists=folders))
    assert [] == list(made.open())
    yield made
    db.close()


def test_every_warninglist_of_ours_is_in_force(intel: Intel) -> None:
    """Each folder is a list, none is refused, none is empty, and one value of each kind is found on it."""
    folders = [one for part in ("", "demo/") for one in (CONTENT / f"{part}warninglists").iterdir()]
    lists = [each for each, enabled in intel.warninglists.all() if enabled]
    assert len(folders) == len(lists)
    assert "Private" in " ".join(hit.name for hit in intel.warninglists.hits("ip", "10.1.2.3"))
    assert [] == intel.warninglists.hits("ip", "203.0.113.9")


def test_the_feed_of_the_demo_has_no_bad_line(intel: Intel) -> None:
    """What the scenario relies on is imported whole."""
    imported = intel.import_path(CONTENT / "demo" / "indicators.csv", ImportOrder("demo"), SYSTEM)
    assert (True, []) == (imported.added > 0, list(imported.refused))
