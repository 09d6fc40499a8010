"""The nightly test of all rules."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from tocsin.core.announce import Announcer
from tocsin.core.clock import DAY, HOUR, MINUTE, ManualClock, from_iso
from tocsin.detect.cost import RuleCost
from tocsin.detect.editing import Editor
from tocsin.detect.gaps import Census
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.retest import FailedCase, Others, Retest, RetestRunningError
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService
from tocsin.detect.tables import RuleRow
from tocsin.detect.ward import Ward

EVE = "name: Eve\ntype: any\nquery_key: host.name\nfilter:\n- term: {user.name: eve}\n"
CASES = "- name: finds eve\n  events: [{fields: {user.name: eve, host.name: a}}]\n  expect: {a: 1}\n"
HALF_PAST_THREE = 3 * 60 + 30


class Trail(list):
    def record(self, tx, actor, action, *, kind, subject, details=None):
        self.append((str(actor), action, kind, details))


@pytest.fixture
def desk(tmp_path, database):
    """A rule with a case, a log that has users, and a clock that stands just before half past three."""
    folder = tmp_path / "detections"
    folder.mkdir()
    (folder / "eve.yml").write_text(EVE)
    (folder / "eve.cases.yml").write_text(CASES)
    clock, seen, trail = ManualClock(from_iso("2026-11-24T03:29:00Z")), {"user.name"}, Trail()
    runner = SimpleNamespace(clock=clock, rules=RuleSet([]), cost=None)
    runner.use = lambda rules: setattr(runner, "rules", rules)
    runner.cost = lambda _: RuleCost()
    detection = RuleService(RuleBook([folder]), runner, database, trail)
    detection.reload()
    rehearsals = Rehearsals(lambda *_: (), lambda: detection.rules, database, clock)
    census = Census(lambda: detection.rules, lambda: set(seen), lambda _: True, clock)
    others = [Others(3)]
    retest = Retest(
        detection,
        Editor(detection, rehearsals, trail),
        census,
        database,
        trail,
        Announcer(),
        lambda: others[0],
    )
    return SimpleNamespace(
        folder=folder,
        clock=clock,
        seen=seen,
        trail=trail,
        detection=detection,
        census=census,
        retest=retest,
        others=others,
        database=database,
    )


def test_what_fails_or_dies_is_told_once_as_news(desk):
    """The second night it is known; the rules that classify events are tested too."""
    first = desk.retest.test()
    assert (4, [], [], []) == (first["cases"], first["failed"], first["newly_failed"], first["newly_dead"])
    (desk.folder / "eve.yml").write_text(EVE.replace("user.name: eve", "file.path: /etc/passwd"))
    desk.detection.reload()
    desk.others[0] = Others(3, (FailedCase("ssh.xml", "", "a login", "expected"),), (("5712", "no parent"),))
    second = desk.retest.test()
    assert {("Eve", "finds eve"), ("ssh.xml", "a login")} == {
        (each["rule_id"], each["case"]) for each in second["newly_failed"]
    }
    assert {"Eve": "missing: file.path", "5712": "no parent"} == {
        each["rule_id"]: each["reason"] for each in second["newly_dead"]
    }
    third = desk.retest.test()
    assert (2, [], [], ["5712", "Eve"]) == (
        len(third["failed"]),
        third["newly_failed"],
        third["newly_dead"],
        third["dead"],
    )
    assert ("system:tocsin", "retest", "rules") == desk.trail[-1][:3]


def test_a_rule_that_has_not_matched_for_long_has_fallen_silent(desk):
    """One that never matched is no news."""
    desk.retest.test()
    with desk.database.write() as tx:
        tx.add(
            RuleRow(
                rule_id="Eve",
                matches=1,
                silenced=0,
                withdrawn=0,
                errors=0,
                last_match_at=desk.clock.now() - 31 * DAY,
            )
        )
    assert ["Eve"] == [each["rule_id"] for each in desk.retest.test()["newly_silent"]]


def test_the_last_test_shows_in_the_health_of_rules(desk):
    """A rule whose cases failed in the night is failing."""
    (desk.folder / "eve.cases.yml").write_text(CASES.replace("a: 1", "a: 2"))
    desk.retest.test()
    ward = Ward(desk.census, lambda *_: {}, desk.clock)
    with desk.database.read() as tx:
        found = ward.one(tx, desk.detection.get(tx, "Eve"))
    assert ("failing", "cases fail: finds eve") == (found.state, found.reasons[0])


def test_it_is_due_once_a_day_at_its_minute(desk):
    """A platform that was off at that time waits for the next day."""
    assert not desk.retest.is_due(HALF_PAST_THREE)
    desk.clock.advance(2 * MINUTE)
    assert desk.retest.is_due(HALF_PAST_THREE)
    desk.retest.test()
    assert not desk.retest.is_due(HALF_PAST_THREE)
    desk.clock.advance(DAY)
    assert desk.retest.is_due(HALF_PAST_THREE)
    desk.clock.advance(5 * HOUR)
    assert not desk.retest.is_due(HALF_PAST_THREE)


def test_it_runs_by_the_clock_until_it_is_stopped(desk):
    """Without a time of day it does nothing."""
    desk.clock.advance(2 * MINUTE)
    stop = threading.Event()
    tested = []
    desk.retest.test = lambda: (tested.append(1), stop.set())
    desk.retest.run(stop, HALF_PAST_THREE)
    assert [1] == tested
    desk.retest.run(threading.Event(), None)


def test_one_test_runs_at_a_time(desk):
    """The second is refused."""
    desk.retest._others = desk.retest.test
    with pytest.raises(RetestRunningError):
        desk.retest.test()
