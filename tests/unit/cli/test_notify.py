"""Channels, routes and the outbox from the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from harness.recorder import recording
from tocsin.accounts.audit import Audit
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.cli.notify import app
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.detection import Detection, EventRef
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.notifying import TellingTrail, open_notifications
from tocsin.settings import load_settings


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def web():
    with recording() as recorder:
        yield recorder


@pytest.fixture
def config(tmp_path, web):
    path = tmp_path / "tocsin.toml"
    path.write_text(
        f'[notify.channels.hook]\nkind = "webhook"\nurl = "{web.url}/in"\nsecret = "s3cret!!"\n'
        '[notify.routes.high]\nchannels = ["hook"]\nseverity = "high"\n'
        '[notify.routes.critical]\nchannels = ["hook"]\nseverity = "critical"\n'
    )
    return path


@pytest.fixture
def call(tmp_path, database, config):
    def invoke(*arguments, status=0):
        result = CliRunner().invoke(app, [*arguments, "--data", str(tmp_path), "--config", str(config)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert status == result.exit_code
        return result.output

    return invoke


@pytest.fixture
def alert(tmp_path, database, config):
    """An alert that was told, and the service that delivers."""
    clock = SystemClock()
    audit = Audit(clock)
    settings = load_settings(config, data=tmp_path)
    service, problems = open_notifications(settings, database, tmp_path, clock, audit)
    assert problems == ()
    trail = TellingTrail(audit, service)
    alerts = AlertService(clock, trail, CaseService(clock, trail, FileStore(tmp_path / "files")))
    event = EventRef("a~1", 5)
    found = Detection("ssh", "SSH", "sigma", "1", 3, "k", "many failures", "", 5, (event,))
    with database.write() as tx:
        alerts.record(tx, found)
    return service


def test_channels_and_routes_of_the_settings_are_listed(call):
    """A channel with its host and without its secret; a route in words."""
    listed = call("channels")
    assert "hook  Webhook at 127.0.0.1  on  (settings)" in listed
    assert "s3cret" not in listed + call("channels", "--json")
    assert "high: alert.opened from high to hook" in call("routes")


def test_a_test_is_sent_and_its_failure_is_the_status(call, web):
    """What the service answers is said; a channel of the settings may stand on this machine."""
    assert "the test was taken" in call("test", "hook")
    web.answer = lambda _: (500, {}, b"broken")
    assert "hook: the service answered 500: broken" in call("test", "hook", status=1)
    assert json.loads(call("test", "hook", "--json", status=1))["sent"] is False
    with pytest.raises(NotFoundError, match="did you mean 'hook'"):
        call("test", "hok")


def test_an_alert_is_explained(call, alert):
    """Which routes tell of it and why, and what became of the messages."""
    told = call("explain", "1")
    assert "high tells hook: alert.opened is one of alert.opened; severity high is at least high" in told
    assert "critical does not tell: severity high is not at least critical" in told
    assert "waiting" in told
    with pytest.raises(NotFoundError):
        call("explain", "2")
    with pytest.raises(InvalidError):
        call("explain", "1", "--event", "alert.open")


def test_the_outbox_is_listed_and_what_is_dead_is_tried_again(call, alert, web):
    """From waiting to dead to waiting again."""
    assert "1 waiting, 0 sent, 0 dead" in call("outbox")
    web.answer = lambda _: (404, {}, b"")
    alert.delivery.step()
    assert "the service answered 404" in call("outbox", "--status", "dead")
    assert "1 to be tried again" in call("retry", "dead")
    assert {"waiting": 1, "sent": 0, "dead": 0} == json.loads(call("outbox", "--json"))["counts"]
    with pytest.raises(InvalidError):
        call("outbox", "--status", "lost")
