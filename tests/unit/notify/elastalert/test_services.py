"""The options of ElastAlert's alerters, as channels and messages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.errors import InvalidError
from tocsin.detect.reading.alerter_options import HONOURED, UNFOLLOWED
from tocsin.notify.elastalert import chats, incidents, others
from tocsin.notify.elastalert.given import Given, Sending
from tocsin.notify.elastalert.services import SERVICES
from tocsin.notify.kinds import kind_named
from tocsin.notify.model import Message
from unit.notify.conftest import a_message

MATCH = {"source": {"ip": "192.0.2.1"}, "user.name": "ann", "count": 7, "tags": ["a", "b"]}


def told(service: str, **options: Any) -> list[Sending]:
    message = a_message(event="rule", documents=(MATCH, {"source": {"ip": "192.0.2.2"}}), facts=(), group="")
    found = list(SERVICES[service](Given(options, message, MATCH)))
    for sending in found:
        kind_named(sending.kind).read(sending.options)
    return found


def one(service: str, **options: Any) -> tuple[Any, Message]:
    (sending,) = told(service, **options)
    return kind_named(sending.kind).read(sending.options), sending.message


def test_every_option_that_is_read_is_said_to_be_honoured() -> None:
    """The tables of names and the code that reads them cannot drift apart."""
    assert set(HONOURED) == set(SERVICES)
    assert set(UNFOLLOWED) <= set(HONOURED)
    known = {name for names in HONOURED.values() for name in names}
    text = "".join(Path(module.__file__ or "").read_text() for module in (chats, incidents, others))
    prefixes = "slack|discord|telegram|opsgenie|pagerduty|jira|victorops|email|smtp"
    read = {name for name in re.findall(rf'"((?:{prefixes})_\w+)"', text) if not name.endswith("_")}
    assert read - known == set()
    assert len(read) > 40


def test_email_goes_where_the_rule_or_the_match_says(tmp_path: Path) -> None:
    """Server, sender, recipients with those a field names; the login stands in a file."""
    account = tmp_path / "smtp.yml"
    account.write_text("user: bot\npassword: pw\n")
    options, message = one(
        "email",
        email=["soc@example.org"],
        from_addr="ea@example.org",
        smtp_host="relay",
        smtp_port=2525,
        smtp_auth_file=str(account),
        cc="c@example.org",
        email_format="html",
    )
    assert ("relay", 2525, "auto", "bot", "pw") == (
        options.host,
        options.port,
        options.security,
        options.user,
        options.password,
    )
    assert (("soc@example.org",), ("c@example.org",), "html") == (options.to, options.cc, message.form)
    options, _ = one(
        "email", email="soc@example.org", email_from_field="user.name", email_add_domain="@x.org"
    )
    assert (("ann@x.org",), "ElastAlert@localhost") == (options.to, options.sender)


def test_slack_and_its_likes() -> None:
    """Each webhook and channel is told; fields of the match become fields of the message."""
    found = told(
        "slack",
        slack_webhook_url=["https://hooks.example.org/a", "https://hooks.example.org/b"],
        slack_channel_override=["#a", "#b"],
        slack_username_override="ea",
        slack_emoji_override=":bell:",
        slack_alert_fields=[{"title": "From", "value": "source.ip", "short": True}],
        slack_title="look",
    )
    assert 4 == len(found)
    assert ("look", (("From", "192.0.2.1"),)) == (found[0].message.title, found[0].message.facts)
    options, _ = one("mattermost", mattermost_webhook_url="https://m.org/h", mattermost_msg_pretext="hi")
    assert ("hi", "danger") == (options.text, options.color)
    options, _ = one("rocketchat", rocket_chat_webhook_url="https://r.example.org/h")
    assert "https://r.example.org/h" == options.url


def test_teams_discord_telegram_and_google() -> None:
    """Webhooks and bots."""
    assert "connector" == one("ms_teams", ms_teams_webhook_url="https://t.example.org")[0].form
    facts = [{"name": "From", "value": "source.ip"}]
    options, message = one(
        "ms_power_automate",
        ms_power_automate_webhook_url="https://t.example.org",
        ms_power_automate_alert_facts=facts,
    )
    assert ("adaptive", (("From", "192.0.2.1"),)) == (options.form, message.facts)
    assert "https://d.example.org" == one("discord", discord_webhook_url="https://d.example.org")[0].url
    options, _ = one("telegram", telegram_bot_token="1:a", telegram_room_id=-100)
    assert ("https://api.telegram.org", "-100") == (options.url, options.chat)
    assert "https://g.example.org" == one("googlechat", googlechat_webhook_url="https://g.example.org")[0].url


def test_pagerduty_fills_its_key_and_payload() -> None:
    """Key and parts of the payload quote fields; the version decides the API."""
    options, message = one(
        "pagerduty",
        pagerduty_service_key="k" * 32,
        pagerduty_api_version="v2",
        pagerduty_incident_key="{}-{}",
        pagerduty_incident_key_args=["source.ip", "count"],
        pagerduty_v2_payload_component="{0}",
        pagerduty_v2_payload_component_args=["user.name"],
        pagerduty_v2_payload_custom_details={"Who": "user.name"},
        pagerduty_v2_payload_severity="warning",
    )
    assert ("192.0.2.1-7", "ann", "warning", "2") == (
        message.group,
        options.component,
        options.severity,
        options.version,
    )
    assert (("Who", "ann"),) == message.facts
    options, message = one("pagerduty", pagerduty_service_key="k", pagerduty_event_type="resolve")
    assert ("1", True, message.key) == (options.version, message.is_over, message.group)


def test_opsgenie_victorops_and_alertmanager() -> None:
    """Alias, entity and labels quote fields."""
    options, message = one(
        "opsgenie",
        opsgenie_key="k",
        opsgenie_alias="{source.ip}",
        opsgenie_teams=["soc"],
        opsgenie_priority="P1",
        opsgenie_details={"Who": {"field": "user.name"}, "What": "x"},
    )
    assert ("192.0.2.1", ("soc",), "P1") == (message.group, options.teams, options.priority)
    assert (("Who", "ann"), ("What", "x")) == message.facts
    keys = {"victorops_api_key": "K", "victorops_routing_key": "R"}
    options, _ = one("victorops", **keys, victorops_message_type="WARNING")
    assert ("WARNING", True) == (options.message_type, options.url.endswith("/alert/K/R"))
    options, _ = one(
        "alertmanager",
        alertmanager_hosts=["http://am:9093"],
        alertmanager_alertname="ea",
        alertmanager_fields={"who": "user.name"},
        alertmanager_labels={"team": "soc"},
    )
    assert ("ea", {"team": "soc", "who": "ann"}) == (options.name, options.labels)
    assert "[high] Alert 7: SSH brute force" == options.annotations["summary"]


def test_jira_and_servicenow(tmp_path: Path) -> None:
    """Tickets; `jira_bump_tickets` gathers a rule's matches in one issue."""
    account = tmp_path / "jira.yml"
    account.write_text("user: bot\napikey: tok\n")
    given = {"jira_server": "https://j.example.org", "jira_project": "SOC", "jira_account_file": str(account)}
    options, message = one("jira", **given, jira_label="a", jira_labels=["b"], jira_bump_tickets=True)
    assert (("a", "b"), "tok", message.title) == (options.labels, options.token, message.group)
    assert message.key == one("jira", **given)[1].group
    options, _ = one(
        "servicenow",
        servicenow_rest_url="https://s.example.org/api/now/v1/table/incident",
        username="u",
        password="p",
        category="security",
    )
    assert {"category": "security"} == options.fields


def test_posts_carry_the_matches_as_the_rule_forms_them() -> None:
    """All of a match, or the fields named; texts of `post2` quote fields and reach nowhere else."""
    _, message = one("post", http_post_url="https://p.example.org")
    assert MATCH == message.documents[0]
    _, message = one(
        "post",
        http_post_url="https://p.example.org",
        http_post_payload={"ip": "source.ip"},
        http_post_static_payload={"from": "ea"},
    )
    assert ({"ip": "192.0.2.1", "from": "ea"}, {"ip": "192.0.2.2", "from": "ea"}) == message.documents
    options, message = one(
        "post2",
        http_post2_url="https://p.example.org",
        http_post2_payload={"who": ["{{ user.name }}", "{{ _data.count }}"], "odd": "{{ ''.__class__ }}"},
        http_post2_raw_fields={"tags": "tags"},
        http_post2_headers={"X-Who": "{{user.name}}"},
    )
    assert {"who": ["ann", "7"], "odd": "", "tags": ["a", "b"]} == message.documents[0]
    assert {"X-Who": "ann"} == options.headers


@pytest.mark.parametrize(
    ("service", "options", "url"),
    [
        (
            "twilio",
            {
                "twilio_account_sid": "AC" + "a" * 32,
                "twilio_auth_token": "b" * 32,
                "twilio_from_number": "+15005550006",
                "twilio_to_number": "+15005550007",
            },
            "twilio://",
        ),
        (
            "exotel",
            {
                "exotel_account_sid": "a" * 32,
                "exotel_auth_token": "b" * 32,
                "exotel_from_number": "+15005550006",
                "exotel_to_number": "+15005550007",
            },
            "exotel://",
        ),
        (
            "ses",
            {
                "ses_email": "soc@example.org",
                "ses_from_addr": "ea@example.org",
                "ses_aws_access_key": "A" * 20,
                "ses_aws_secret_key": "b/" * 20,
                "ses_aws_region": "eu-west-1",
            },
            "ses://",
        ),
        (
            "sns",
            {
                "sns_topic_arn": "arn:aws:sns:us-east-1:123456789012:topic",
                "sns_aws_access_key": "A" * 20,
                "sns_aws_secret_key": "b" * 40,
            },
            "sns://",
        ),
        ("dingtalk", {"dingtalk_access_token": "abcdefgh"}, "dingtalk://"),
        ("lark", {"lark_bot_id": "abcd-1234"}, "lark://"),
        ("line", {"line_channel_access_token": "abc", "line_to": "U1"}, "line://"),
        ("workwechat", {"work_wechat_bot_id": "abcdefgh"}, "wecombot://"),
        ("webex_webhook", {"webex_webhook_id": "a" * 80}, "wxteams://"),
        (
            "smseagle",
            {"smseagle_url": "https://box", "smseagle_token": "t", "smseagle_to": ["+15005550006"]},
            "box",
        ),
        (
            "pagertree",
            {"pagertree_integration_url": "https://api.pagertree.com/integration/int_abcdef1234"},
            "pagertree://",
        ),
    ],
)
def test_services_by_apprise_make_addresses_it_reads(service: str, options: dict[str, Any], url: str) -> None:
    """Apprise accepts the address, and the host the operator must allow is known."""
    (sending,) = told(service, **options)
    kind = kind_named("apprise")
    assert (url,) == kind.hosts(kind.read(sending.options))


@pytest.mark.parametrize(
    ("service", "options", "words"),
    [
        ("slack", {}, "no slack_webhook_url"),
        ("pagerduty", {}, "no pagerduty_service_key"),
        ("gelf", {"gelf_type": "tcp"}, "by HTTP only"),
        ("slack", {"slack_webhook_url": "https://x.org", "slack_alert_fields": "a"}, "list of mappings"),
        ("jira", {"jira_account_file": "/nonexistent"}, "cannot be read"),
    ],
)
def test_what_is_missing_or_odd_is_said(service: str, options: dict[str, Any], words: str) -> None:
    """The reason stands with the dead message."""
    with pytest.raises(InvalidError, match=words):
        told(service, **options)


def test_alerta_gets_an_alert_of_its_own() -> None:
    """By its HTTP interface, with fields of the match in its texts."""
    options, message = one(
        "alerta",
        alerta_api_url="https://alerta.example.org/api/alert",
        alerta_api_key="k3y",
        alerta_resource="{source.ip}",
        alerta_service=["auth", "{user.name}"],
        alerta_severity="major",
    )
    assert (options.url, options.headers) == (
        "https://alerta.example.org/api/alert",
        {"Authorization": "Key k3y"},
    )
    (document,) = message.documents
    assert (document["resource"], document["service"], document["severity"]) == (
        "192.0.2.1",
        ["auth", "ann"],
        "major",
    )
    assert (document["event"], document["text"]) == (message.title, message.body)
