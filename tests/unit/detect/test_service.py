"""Rules on disk, their switches, problems and trials."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent

import pytest

from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR
from tocsin.core.errors import NotFoundError
from tocsin.detect.service import RuleBook, RuleService

ALICE = Actor("user", "alice")
ANY = "name: {name}\ntype: any\nfilter:\n- term: {{user.name: eve}}\ntocsin: {{replaces: ['700210']}}\n"
SIGMA = """\
title: Whoami
id: 6b1a7a3e-36a6-4b0d-9d4c-2d3c0b3e1f0a
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\whoami.exe'}
  condition: selection
"""


@dataclass
class Trail:
    entries: list = field(default_factory=list)

    def record(self, tx, actor, action, *, kind, subject, details=None):
        self.entries.append((str(actor), action, kind, subject))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "detections"
    folder.mkdir()
    (folder / "eve.yml").write_text(ANY.format(name="Eve"))
    return folder


@pytest.fixture
def trail():
    return Trail()


@pytest.fixture
def service(rig, folder, trail):
    book = RuleBook([folder])
    service = RuleService(book, rig.detector(), rig.database, trail)
    service.reload()
    return service


def test_rules_are_listed_behind_the_built_in_ones(rig, service):
    """With switch and figures."""
    with rig.database.read() as tx:
        assert ["rule-level", "known-indicator", "Eve"] == [state.rule.id for state in service.list(tx)]


def test_a_bad_file_is_reported_and_the_rest_loaded(rig, service, folder):
    """File, line and reason; cases beside rules are no rules; a second rule of a name is refused."""
    (folder / "bad.yml").write_text("name: Bad\ntype: any\nfilter:\n- trem: {a: 1}\n")
    (folder / "dup.yml").write_text(ANY.format(name="Eve"))
    (folder / "eve.cases.yml").write_text("- name: x\n")
    (folder / "latin.yml").write_bytes(b"name: \xff\n")
    problems = service.reload()
    assert ["bad.yml:3", "eve.yml:1", "latin.yml"] == [
        str(problem.location).rpartition("/")[2] for problem in problems
    ]
    with rig.database.read() as tx:
        assert "Eve" in [state.rule.id for state in service.list(tx)]


def test_a_missing_folder_is_a_problem(rig, tmp_path):
    """It is said, and the built-in rules run."""
    book = RuleBook([tmp_path / "nowhere"])
    with rig.database.read() as tx:
        rules = book.read(tx)
    assert len(rules.all) == 2
    assert "no such folder" in book.problems[0].reason


def test_a_switch_is_kept_audited_and_obeyed(rig, service, trail, event):
    """Also what the rule replaces comes back when it is off."""
    rig.log.commit(event(1, user__name="eve", rule__level=10, rule__id="700210"))
    with rig.database.write() as tx:
        service.set_enabled(tx, "Eve", False, ALICE)
    service.reload()
    service._detector.step()
    assert ["700210"] == [found.rule_id for found in rig.sink.detections]
    assert trail.entries == [("alice", "disable", "rule", "Eve")]
    with rig.database.read() as tx:
        assert service.get(tx, "Eve").enabled is False


def test_figures_are_kept(rig, service, event):
    """Matches and the newest match's time."""
    rig.log.commit(event(1, user__name="eve"), event(2, at=5, user__name="eve"))
    service._detector.step()
    with rig.database.read() as tx:
        state = service.get(tx, "Eve")
    assert state.matches == 1
    assert state.cost.evaluations == 2


def test_an_unknown_rule_is_not_found(rig, service):
    """Neither read nor switched."""
    with rig.database.write() as tx:
        with pytest.raises(NotFoundError):
            service.get(tx, "nope")
        with pytest.raises(NotFoundError):
            service.set_enabled(tx, "nope", True, ALICE)


def test_a_rule_is_tried_on_an_event(service, event):
    """Before it is saved; with the conditions that held."""
    text = dedent(ANY.format(name="Try"))
    trial = service.test(text, event(1, user__name="eve"))
    assert (True, "eve") == (trial.matched, trial.clauses[0].value)
    assert service.test(text, event(1, user__name="bob")).matched is False


def test_sigma_rules_are_kept_as_understood_for_the_next_start(rig, tmp_path):
    """The second reading finds the same rules, and a cache that is damaged is made again."""
    folder, cache = tmp_path / "rules", tmp_path / "cache"
    folder.mkdir()
    (folder / "one.yml").write_text(SIGMA)
    with rig.database.read() as tx:
        first = RuleBook([folder], cache=cache).read(tx)
        kept = [path for path in cache.rglob("*") if path.is_file()]
        second = RuleBook([folder], cache=cache).read(tx)
        for path in kept:
            path.write_bytes(b"damaged")
        third = RuleBook([folder], cache=cache).read(tx)
    assert kept
    assert 3 == len(first.all)
    assert (
        [each.id for each in first.all] == [each.id for each in second.all] == [each.id for each in third.all]
    )


def test_rules_that_alerts_come_from_can_be_silenced(rig, service, trail):
    """Also an analysis rule, which is none of these; a rule nobody has is refused."""
    with rig.database.write() as tx:
        for rule_id in ("Eve", "700210"):
            service.silence(tx, rule_id, ALICE, span=HOUR)
        with pytest.raises(NotFoundError, match="no rule 'Evo'"):
            service.silence(tx, "Evo", ALICE, span=HOUR)
        assert ["700210", "Eve"] == sorted(mute.rule_id for mute in service.silences(tx))
    assert ["silence", "silence"] == [action for _, action, _, _ in trail.entries]
