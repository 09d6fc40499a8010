"""The triage playbook on the stories it is made for."""

from __future__ import annotations

import pytest

from tocsin.core.actor import Actor
from tocsin.core.errors import ConflictError
from tocsin.respond.policy import Policy

ALICE = Actor("user", "alice")


def spray(world, ip, count=40, host="web1", start=0.0):
    fields = {"source__ip": ip, "host__name": host, "user__name": "root"}
    groups = ["sshd", "authentication_failed"]
    return [world.event(start + n, rule__groups=groups, **fields) for n in range(count)]


def success(world, ip, at, host="web1"):
    return world.event(
        at,
        rule__groups=["sshd", "authentication_success", "intrusion"],
        source__ip=ip,
        host__name=host,
        user__name="deploy",
    )


def test_a_spray_that_fails_is_closed_with_its_reasons(world):
    """No login succeeded: no impact; the facts, the arithmetic and what would flip it are kept."""
    alert_id = world.detect("ssh-brute-force", "203.0.113.10", *spray(world, "203.0.113.10"))
    world.settle()
    alert, decision = world.alert(alert_id), world.decision(alert_id)
    assert ("closed", "no_impact", "safe") == (alert.status, alert.resolution, alert.verdict)
    assert "no login has succeeded from there" in alert.reason
    assert (40, 0) == (decision.facts["count.failures"], decision.facts["count.successes"])
    assert any("success after failures" in flip for flip in decision.flips)
    assert ("triage", "verdict") == (decision.playbook, decision.step)
    assert ["success"] == [run.status for run in world.runs(alert_id)]


def test_our_own_scanner_is_closed_as_benign(world):
    """The reason names the list."""
    ip = "198.51.100.40"
    world.analyzers.answers[ip] = ("warninglists", "info", "on Approved vulnerability scanners")
    alert_id = world.detect("ssh-brute-force", ip, *spray(world, ip))
    world.settle()
    assert ("closed", "benign") == (world.alert(alert_id).status, world.alert(alert_id).resolution)
    assert "one of our own scanners: on Approved vulnerability scanners" in world.alert(alert_id).reason


def test_a_spray_that_succeeds_is_one_case_with_what_followed(world):
    """Tasks, observables, techniques, timeline, an assignee; later alerts of the host join it."""
    ip = "203.0.113.77"
    failures = spray(world, ip)
    login = success(world, ip, 50)
    first = world.detect("ssh-brute-force", ip, *failures)
    second = world.detect("700211", "deploy", login, severity=3, techniques=("T1078",))
    world.settle()
    account = world.event(
        60, rule__groups=["account_added", "persistence"], host__name="web1", user__name="sysbackup"
    )
    third = world.detect("710301", "sysbackup", account)
    world.settle()
    case_ids = {world.alert(alert_id).case_id for alert_id in (first, second, third)}
    assert len(case_ids) == 1
    (case_id,) = case_ids
    assert world.case(case_id).assignee == "alice"
    with world.database.read() as tx:
        assert len(world.cases.tasks.of(tx, case_id)) == 4
        assert "T1078" in {each.technique_id for each in world.cases.techniques(tx, case_id)}
        values = {row.value for row in world.cases.observables.of(tx, case_id)}
        moments = [moment.title for moment in world.cases.timeline.of(tx, world.cases.get(tx, case_id))]
    assert {ip, "deploy", "sysbackup"} <= values
    assert "700211 deploy" in moments
    assert "A login succeeded from 203.0.113.77 beside 40 failures" in world.decision(first).reasons[0]


def test_guessing_from_ones_own_network_is_not_closed(world):
    """An address the operator named as own is not outside, public as it may be."""
    address = "198.18.7.9"  # the fixture's extractor knows 198.18.7.0/24 as own
    alert_id = world.detect("ssh-brute-force", address, *spray(world, address))
    world.settle()
    assert world.alert(alert_id).status == "new"


def test_a_malicious_indicator_is_escalated(world):
    """And nothing that is known as malicious is ever closed."""
    world.analyzers.answers["dropzone.example"] = ("indicators", "malicious", "named by 1 feed(s)")
    event = world.event(1, host__name="web1", url__domain="dropzone.example", rule__groups=["download"])
    alert_id = world.detect("710105", "web1", event)
    world.settle()
    assert ("imported", "malicious") == (world.alert(alert_id).status, world.alert(alert_id).verdict)


def test_what_the_score_leaves_open_is_an_analysts(world):
    """The alert stays new; the reasons why it was not decided are on it."""
    event = world.event(1, host__name="web1", server__port=4444, rule__groups=["port_opened"])
    alert_id = world.detect("750201", "4444", event)
    world.settle()
    assert world.alert(alert_id).status == "new"
    with world.database.read() as tx:
        assert world.respond.undecided(tx, [alert_id]) == {alert_id}
        (message,) = [comment.message for comment in world.alerts.comments.of(tx, alert_id)]
    assert "an analyst decides" in message


def test_a_close_can_be_undone(world):
    """The alert is open again, it is audited, and it cannot be undone twice."""
    alert_id = world.detect("ssh-brute-force", "203.0.113.10", *spray(world, "203.0.113.10"))
    world.settle()
    decision = world.decision(alert_id)
    assert decision.undoable
    with world.database.write() as tx:
        world.respond.undo(tx, decision.id, ALICE, "look again")
    assert world.alert(alert_id).status == "new"
    assert ("alice", "undo", "alert", alert_id) in world.trail.entries
    with world.database.write() as tx, pytest.raises(ConflictError):
        world.respond.undo(tx, decision.id, ALICE)


def test_what_a_person_opened_again_is_not_closed_again(world):
    """The alert grows tenfold and is weighed anew, but it stays with whoever wanted it open."""
    address = "203.0.113.10"
    alert_id = world.detect("ssh-brute-force", address, *spray(world, address))
    world.settle()
    assert world.alert(alert_id).status == "closed"
    with world.database.write() as tx:
        world.alerts.reopen(tx, alert_id, ALICE, "mine")
    more = [
        world.event(100 + n, source__ip=address, host__name="web1", rule__groups=["authentication_failed"])
        for n in range(400)
    ]
    assert world.detect("ssh-brute-force", address, *more) == alert_id
    world.settle()
    assert world.alert(alert_id).status == "new"
    assert "somebody opened it again" in " ".join(world.decision(alert_id).reasons)


def test_an_escalation_can_be_undone(world):
    """Every alert it put into the case is out again, and the empty case is closed."""
    ip = "203.0.113.77"
    alert_id = world.detect("700211", "deploy", *spray(world, ip), success(world, ip, 50), severity=3)
    world.settle()
    case_id = world.alert(alert_id).case_id
    assert case_id
    with world.database.write() as tx:
        world.respond.undo(tx, world.decision(alert_id).id, ALICE)
    assert world.alert(alert_id).case_id is None
    assert world.case(case_id).status == "closed"


def test_a_decision_can_be_replayed_under_another_policy(world):
    """The stored facts, judged again: same policy, same result; another, and the difference is told."""
    alert_id = world.detect("ssh-brute-force", "203.0.113.10", *spray(world, "203.0.113.10"))
    world.settle()
    decision = world.decision(alert_id)
    with world.database.read() as tx:
        same = world.respond.replay(tx, decision.id)
        other = world.respond.replay(tx, decision.id, Policy((), escalate_at=60, close_at=-40))
    assert (False, ()) == (same.changed, same.differences)
    assert (True, "none") == (other.changed, other.after.outcome)
    assert other.differences == ("failed guessing from outside: -50 became +0",)


def test_an_alert_that_grows_tenfold_is_looked_at_again(world):
    """Once for each order of magnitude, and not while it only trickles."""
    ip = "10.0.0.9"
    events = spray(world, ip, 120)
    alert_id = world.detect("ssh-brute-force", ip, *events[:3])
    world.settle()
    for event in events[3:9]:
        world.detect("ssh-brute-force", ip, event)
    world.settle()
    assert len(world.runs(alert_id)) == 1
    for event in events[9:20]:
        world.detect("ssh-brute-force", ip, event)
    world.settle()
    for event in events[20:]:
        world.detect("ssh-brute-force", ip, event)
    world.settle()
    assert ["2-0", "2-1", "2-2"] == sorted(run.id.rpartition(":")[2] for run in world.runs(alert_id))
