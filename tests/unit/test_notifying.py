"""Telling people as it hangs together: settings, audit trail, playbooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.recorder import Recorder, recording
from tocsin.accounts import Audit
from tocsin.cases import AlertService, CaseDraft, CaseService, FileStore
from tocsin.core.actor import Actor
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.detection import Detection, EventRef
from tocsin.figures import NotifyFigures, registry_of
from tocsin.notify.service import Notifications
from tocsin.notifying import PlaybookPost, TellingTrail, open_notifications
from tocsin.respond.ports import Notice
from tocsin.settings import load_settings

ANA, BOB = Actor("user", "ana"), Actor("user", "bob")
EVENTS = (
    '["alert.opened", "alert.escalated", "alert.assigned", "alert.closed", "alert.reopened", '
    '"case.opened", "case.assigned", "case.closed", "case.reopened"]'
)


@pytest.fixture
def web() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


class Told:
    """Alerts and cases, and the titles of what was told."""

    def __init__(self, folder: Path, db: Database, web: Recorder) -> None:
        config = folder / "tocsin.toml"
        config.write_text(
            f'[notify.channels.hook]\nkind = "webhook"\nurl = "{web.url}"\nper_minute = 0\n'
            f'[notify.routes.all]\nchannels = ["hook"]\nevents = {EVENTS}\n'
        )
        self.clock, self.db, self.web = ManualClock(1_800_000_000_000_000), db, web
        audit = Audit(self.clock)
        found = open_notifications(load_settings(config), db, folder, self.clock, audit)
        self.service: Notifications = found[0]
        assert found[1] == ()
        trail = TellingTrail(audit, self.service)
        self.cases = CaseService(self.clock, trail, FileStore(folder / "files"))
        self.alerts = AlertService(self.clock, trail, self.cases)

    def titles(self) -> list[str]:
        """Deliver, and return the titles of what came since the last time, in order."""
        before = len(self.web.requests)
        self.clock.advance(1)
        self.service.delivery.step()
        return [request.json["title"] for request in self.web.requests[before:]]


@pytest.fixture
def told(tmp_path: Path, db: Database, web: Recorder) -> Told:
    return Told(tmp_path, db, web)


def detection() -> Detection:
    return Detection("r", "R", "sigma", "1", 3, "k", "bad", "", 5, (EventRef("a~1", 5),))


def test_the_life_of_an_alert_is_told(told: Told) -> None:
    """Opened, assigned, escalated, each once, by the entries of the audit trail; a comment tells nobody."""
    with told.db.write() as tx:
        alert_id = told.alerts.record(tx, detection()).alert_id
    assert ["[high] Alert 1: bad"] == told.titles()
    with told.db.write() as tx:
        told.alerts.assign(tx, alert_id, "bob", ANA)
        told.alerts.change(tx, alert_id, {"severity": 4}, ANA)
        told.alerts.comment(tx, alert_id, "hm", ANA)
    assert ["[high] Alert 1 assigned to bob: bad"] == told.titles()
    with told.db.write() as tx:
        told.alerts.close(tx, alert_id, "false_positive", "a test", BOB)
    assert ["[critical] Alert 1 closed: bad"] == told.titles()
    assert (
        "Closed as: false positive\nWhy: a test\nAssignee: bob\nBy: bob" in told.web.requests[-1].json["body"]
    )
    with told.db.write() as tx:
        told.alerts.reopen(tx, alert_id, BOB)
        told.alerts.promote(tx, alert_id, BOB)
    assert [
        "[critical] Alert 1 reopened: bad",
        "[critical] Case 1 opened: bad",
        "[critical] Case 1 assigned to bob: bad",
        "[critical] Alert 1 escalated: bad",
    ] == told.titles()


def test_the_life_of_a_case_is_told(told: Told) -> None:
    """Opened, assigned, closed."""
    with told.db.write() as tx:
        case = told.cases.open(tx, CaseDraft(title="intrusion"), ANA)
    assert ["[medium] Case 1 opened: intrusion"] == told.titles()
    with told.db.write() as tx:
        told.cases.change(tx, case.id, {"assignee": "bob"}, ANA)
    assert ["[medium] Case 1 assigned to bob: intrusion"] == told.titles()
    with told.db.write() as tx:
        told.cases.close(tx, case.id, "true_positive", "done", BOB, impact="with_impact")
    assert ["[medium] Case 1 closed: intrusion"] == told.titles()


def test_a_step_of_a_playbook_is_told_once(told: Told) -> None:
    """By the key of run and step, also when the step's transaction is made again."""
    post = PlaybookPost(told.service)
    notice = Notice(
        key="run:1:tell", title="look", body="x", severity=3, at=5, subject_type="alert", subject_id="alert_1"
    )
    for _ in range(2):
        with told.db.write() as tx:
            post.post(tx, ["hook"], notice)
    assert ["look"] == told.titles()


def test_figures_are_of_what_was_delivered_and_waits(told: Told) -> None:
    """Sent, given up, waiting and its age."""
    with told.db.write() as tx:
        told.alerts.record(tx, detection())
    told.titles()
    registry = registry_of(NotifyFigures(told.service.delivery))
    assert 1.0 == registry.get_sample_value("tocsin_notify_messages_sent_total")
    assert 0.0 == registry.get_sample_value("tocsin_notify_waiting_messages")
    assert 0.0 == registry.get_sample_value("tocsin_notify_oldest_seconds")


def test_what_is_wrong_with_the_settings_is_said_and_the_rest_holds(tmp_path: Path, db: Database) -> None:
    """A channel or route that cannot be used is named with its reason; a secret may come as a variable."""
    config = tmp_path / "tocsin.toml"
    config.write_text(
        '[notify.channels.bad]\nkind = "slak"\n'
        '[notify.channels.soc_mail]\nkind = "email"\nhost = "r.example.org"\nsender = "t@example.org"\n'
        '[notify.routes.a]\nchannels = ["bad"]\n'
        '[notify.routes.b]\nchanels = ["soc_mail"]\n'
    )
    settings = load_settings(config)
    clock = ManualClock(1)
    service, problems = open_notifications(settings, db, tmp_path, clock, Audit(clock))
    assert {"notify.channels.bad", "notify.routes.a", "notify.routes.b"} == {
        each.subject for each in problems
    }
    assert "did you mean 'slack'" in str(problems[0])
    assert ["soc_mail"] == list(service.directory.channels)


def test_secrets_may_come_as_variables(tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable adds one option to a channel of the file."""
    config = tmp_path / "tocsin.toml"
    config.write_text(
        '[notify.channels.soc_mail]\nkind = "email"\nhost = "r.example.org"\nsender = "t@example.org"\n'
    )
    monkeypatch.setenv("TOCSIN_NOTIFY__CHANNELS__SOC_MAIL__PASSWORD", "from outside")
    clock = ManualClock(1)
    service, problems = open_notifications(load_settings(config), db, tmp_path, clock, Audit(clock))
    assert problems == ()
    assert "from outside" == service.channel("soc_mail").options.password
