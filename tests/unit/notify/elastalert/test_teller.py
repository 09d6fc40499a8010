"""From an ElastAlert rule's match to the service the rule names, when the operator allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.recorder import Recorder
from tocsin.accounts import Audit
from tocsin.core.clock import SECOND
from tocsin.core.database import Database
from tocsin.detect.loader import read_text
from tocsin.notify.outbox import Outbox
from tocsin.notify.service import Notifications
from tocsin.notify.tables import MessageRow
from tocsin.notifying import open_notifications, rule_teller
from tocsin.settings import load_settings
from unit.detect.conftest import Log, Rig, Sink, event

RULE = """
name: logins
type: frequency
index: x
num_events: 2
timeframe: {minutes: 5}
query_key: source.ip
realert: {minutes: 0}
filter: []
alert: [slack, post]
alert_subject: "{0} guesses"
alert_subject_args: [source.ip]
slack_webhook_url: URL/hooks/very-secret
slack_alert_fields: [{title: From, value: source.ip}]
http_post_url: URL/post
http_post_payload: {ip: source.ip}
"""

ALLOWED = '[notify]\nelastalert = "on"\nhosts = ["127.0.0.*"]\n'


class World:
    """A detector whose rules tell services."""

    def __init__(self, folder: Path, web: Recorder, text: str, settings: str) -> None:
        self.database = Database(f"sqlite:///{folder / 'tocsin.db'}")
        self.database.create_all()
        config = folder / "tocsin.toml"
        config.write_text(settings)
        self.rig = Rig(self.database, Log(), Sink())
        self.clock = self.rig.clock
        chosen = load_settings(config)
        audit = Audit(self.clock)
        found = open_notifications(chosen, self.database, folder, self.clock, audit)
        self.service: Notifications = found[0]
        teller = rule_teller(chosen, self.service, self.clock, lambda: self.detector.rules)
        read = read_text("logins.yml", text.replace("URL", web.url))
        self.detector = self.rig.detector(read.rule, teller=teller)

    def guess(self, *at: int) -> None:
        """Let events come, and the rule look at them."""
        self.rig.log.commit(*(event(each, at=each, source__ip="192.0.2.1") for each in at))
        self.detector.step()

    def rows(self) -> list[MessageRow]:
        """The outbox, the oldest first."""
        with self.database.read() as tx:
            return list(Outbox(self.clock, Audit(self.clock)).list(tx))[::-1]


@pytest.fixture
def world(tmp_path: Path, web: Recorder) -> Any:
    made: list[World] = []

    def make(
        text: str = RULE, settings: str = '[notify]\nelastalert = "on"\nhosts = ["127.0.0.*"]\n'
    ) -> World:
        made.append(World(tmp_path, web, text, settings))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


def test_a_rule_tells_its_services_in_its_own_words(world: Any, web: Recorder) -> None:
    """Subject and body as ElastAlert words them, fields of the match, one message for each service."""
    here = world()
    here.guess(1, 2)
    assert ["rule:logins/slack#0.0", "rule:logins/post#1.0"] == [row.channel for row in here.rows()]
    assert 2 == here.service.delivery.step()
    sent = {request.path: request.json for request in web.requests}
    attachment = sent["/hooks/very-secret"]["attachments"][0]
    assert "192.0.2.1 guesses" == attachment["title"]
    assert "At least 2 events occurred" in attachment["text"]
    assert [{"title": "From", "value": "192.0.2.1", "short": True}] == attachment["fields"]
    assert {"ip": "192.0.2.1"} == sent["/post"]


def test_each_telling_is_told_once(world: Any, web: Recorder) -> None:
    """Another match is another message; a batch looked at again is not."""
    here = world()
    here.guess(1, 2)
    here.guess(3, 4)
    here.service.delivery.step()
    assert 4 == len(web.requests)
    assert 4 == len({row.key + row.channel for row in here.rows()})


@pytest.mark.parametrize("settings", ["", '[notify]\nhosts = ["127.0.0.1"]\n'])
def test_nobody_is_told_unless_it_is_switched_on(world: Any, web: Recorder, settings: str) -> None:
    """The default is off: the match is an alert here, and no more."""
    here = world(settings=settings)
    here.guess(1, 2)
    assert ([], 1) == (here.rows(), len(here.rig.sink.detections))


def test_a_host_that_is_not_allowed_is_told_nothing(world: Any, web: Recorder) -> None:
    """A rule from elsewhere cannot carry what it matched to a host of its author's."""
    here = world(settings='[notify]\nelastalert = "on"\nhosts = ["hooks.slack.com"]\n')
    here.guess(1, 2)
    here.service.delivery.step()
    assert [] == web.requests
    assert {"rules may not tell 127.0.0.1: add it to notify.hosts to allow it"} == {
        row.error for row in here.rows()
    }


def test_secrets_of_rules_stay_in_the_rules(world: Any, web: Recorder) -> None:
    """Neither the outbox nor what is shown of a rule holds the address of a webhook."""
    here = world()
    here.guess(1, 2)
    rule = here.detector.rules.by_id["logins"]
    assert "very-secret" not in repr(rule.watch.notify)
    assert all(b"very-secret" not in row.content for row in here.rows())


def test_a_rule_that_is_gone_leaves_a_dead_message(world: Any, web: Recorder) -> None:
    """What waits for a service of a rule that was taken away says why it is not sent."""
    here = world()
    here.guess(1, 2)
    here.detector.use(type(here.detector.rules)([]))
    here.service.delivery.step()
    assert {("dead", "the rule does not tell this service any more")} == {
        (row.status, row.error) for row in here.rows()
    }


def test_options_of_all_rules_come_from_the_settings(world: Any, web: Recorder) -> None:
    """What ElastAlert reads from its own settings may stand in ours."""
    text = RULE.replace("slack_webhook_url: URL/hooks/very-secret\n", "")
    settings = (
        '[notify]\nelastalert = "on"\nhosts = ["127.0.0.1"]\n'
        f'[notify.elastalert_options]\nslack_webhook_url = "{web.url}/common"\n'
    )
    here = world(text, settings)
    here.guess(1, 2)
    here.service.delivery.step()
    assert "/common" in {request.path for request in web.requests}


def test_gathered_matches_are_one_message_with_its_table(world: Any, web: Recorder) -> None:
    """A rule that aggregates tells once, with the summary its words ask for."""
    text = RULE.replace("type: frequency", "type: any").replace(
        "num_events: 2\ntimeframe: {minutes: 5}\n", ""
    )
    text += "aggregation: {minutes: 2}\nsummary_table_fields: [source.ip]\n"
    here = world(text)
    here.guess(1, 2, 3)
    here.guess(600)
    here.clock.advance(900 * SECOND)
    here.detector.step()
    here.service.delivery.step()
    told = [request.json for request in web.requests if request.path.startswith("/hooks")]
    assert "Aggregation resulted in the following data" in told[0]["attachments"][0]["text"]
    assert "192.0.2.1" in told[0]["attachments"][0]["text"]
    posts = [request for request in web.requests if request.path == "/post"]
    assert 3 <= len(posts)


def test_slips_in_options_are_said_when_the_rule_is_read(tmp_path: Path) -> None:
    """Unknown options name the likely intended one, those without effect say so; `command` stays refused."""
    read = read_text("logins.yml", RULE + "slack_chanel_override: x\nslack_footer: y\n")
    said = " ".join(each.reason for each in read.remarks)
    assert (
        "'slack_chanel_override' is unknown to slack and has no effect; did you mean 'slack_channel" in said
    )
    assert "'slack_footer' has no effect" in said
    assert "slack, post is told when notify.elastalert and notify.hosts allow" in said
