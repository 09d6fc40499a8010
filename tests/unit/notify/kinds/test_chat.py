"""Tests of what chats are sent."""

from __future__ import annotations

import pytest

from harness.recorder import Recorder
from tocsin.core.errors import InvalidError
from tocsin.notify.errors import DeliveryError
from tocsin.notify.kinds import kind_named
from unit.notify.conftest import Send, a_message


def test_slack_gets_an_attachment_that_mentions_nobody(web: Recorder, send: Send) -> None:
    """Title, link, colour by severity; what an attacker wrote makes no mention and no link."""
    send(
        "slack",
        a_message(body="<!channel> & more"),
        url=f"{web.url}/services/T/B/x",
        channel="#soc",
        icon=":bell:",
    )
    (request,) = web.requests
    attachment = request.json["attachments"][0]
    assert "[high] Alert 7: SSH brute force" == attachment["title"]
    assert "&lt;!channel&gt; &amp; more" == attachment["text"]
    assert "https://soc.example.org/alerts/alert_1" == attachment["title_link"]
    assert "#e8710a" == attachment["color"]
    assert ("#soc", ":bell:") == (request.json["channel"], request.json["icon_emoji"])


@pytest.mark.parametrize("kind", ["mattermost", "rocketchat"])
def test_chats_of_slacks_form(web: Recorder, send: Send, kind: str) -> None:
    """Mattermost and Rocket.Chat take the same form."""
    send(kind, a_message(), url=f"{web.url}/hooks/x")
    assert "[high] Alert 7: SSH brute force" == web.requests[0].json["attachments"][0]["fallback"]


def test_discord_parses_no_mentions(web: Recorder, send: Send) -> None:
    """An embed with a link; mentions are off."""
    send("discord", a_message(), url=f"{web.url}/api/webhooks/1/x")
    sent = web.requests[0].json
    assert {"parse": []} == sent["allowed_mentions"]
    assert 0xE8710A == sent["embeds"][0]["color"]


def test_teams_gets_an_adaptive_card_or_the_older_one(web: Recorder, send: Send) -> None:
    """Workflows take adaptive cards, connectors message cards."""
    send("teams", a_message(), url=web.url)
    send("teams", a_message(), url=web.url, form="connector")
    new, old = (request.json for request in web.requests)
    assert "AdaptiveCard" == new["attachments"][0]["content"]["type"]
    assert "https://soc.example.org/alerts/alert_1" == new["attachments"][0]["content"]["actions"][0]["url"]
    assert ("MessageCard", "[high] Alert 7: SSH brute force") == (old["@type"], old["title"])


def test_google_chat_gets_text(web: Recorder, send: Send) -> None:
    """Plain text without angle brackets, which would mention people."""
    send("googlechat", a_message(body="<users/all>"), url=web.url)
    assert "[high] Alert 7: SSH brute force\n\n(users/all)" == web.requests[0].json["text"]


def test_telegram_is_asked_by_its_bot(web: Recorder, send: Send) -> None:
    """The token stands in the path, the text in the body; an answer that is not ok is a failure."""
    send("telegram", a_message(body="x" * 9_000), url=web.url, token="12:ab", chat="-100")
    (request,) = web.requests
    assert ("/bot12:ab/sendMessage", "-100") == (request.path, request.json["chat_id"])
    assert len(request.json["text"]) <= 4_096
    web.answer = lambda _: (200, {}, b'{"ok": false}')
    with pytest.raises(DeliveryError):
        send("telegram", a_message(), url=web.url, token="12:ab", chat="-100")


def test_options_nobody_knows_are_refused_with_the_likely_one() -> None:
    """A slip in an option's name is found when the channel is made."""
    with pytest.raises(InvalidError, match="did you mean 'channel'"):
        kind_named("slack").read({"url": "https://x/", "chanel": "#a"})
    with pytest.raises(InvalidError, match="did you mean 'slack'"):
        kind_named("slak")
    with pytest.raises(InvalidError, match="an address begins with"):
        kind_named("slack").read({"url": "hooks.slack.com"})
