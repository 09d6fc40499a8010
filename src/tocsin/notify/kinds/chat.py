"""Chats told by a webhook or a bot: Slack and its likes, Discord, Google Chat, Teams, Telegram.

Source of the forms: the services' public documentation of incoming webhooks and bots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from tocsin.notify.errors import DeliveryError
from tocsin.notify.kinds.base import Kind, Means, host_of
from tocsin.notify.kinds.options import URLOptions
from tocsin.notify.model import Message
from tocsin.notify.text import clean

_COLORS = {1: "#5b8def", 2: "#d9a400", 3: "#e8710a", 4: "#d93025"}
_LONGEST_SLACK = 2_900
_LONGEST_DISCORD = 3_900
_LONGEST_CARD = 20_000
_LONGEST_TELEGRAM = 3_900
_MOST_FIELDS = 20
_CUT = "\n[...]"

Name = Annotated[str, msgspec.Meta(max_length=200)]


class Slack(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An incoming webhook of Slack, Mattermost or Rocket.Chat."""

    channel: Annotated[Name, msgspec.Meta(description="Channel, where the webhook allows to choose.")] = ""
    username: Annotated[Name, msgspec.Meta(description="Name to post under.")] = ""
    icon: Annotated[Name, msgspec.Meta(description="Emoji such as :bell:, or an address.")] = ""
    text: Annotated[str, msgspec.Meta(max_length=2_000, description="Words before it, such as <!here>.")] = ""
    color: Annotated[str, msgspec.Meta(max_length=20, description="Of the bar; default: by severity.")] = ""


def _send_slack(options: Slack, message: Message, means: Means) -> None:
    means.http.post_json(options.url, _slack(options, message))


def _slack(options: Slack, message: Message) -> dict[str, Any]:
    attachment: dict[str, Any] = {
        "fallback": _escape(message.title),
        "title": _escape(message.title),
        "text": _escape(_cut(message.body, _LONGEST_SLACK)),
        "color": options.color or _COLORS.get(message.severity, _COLORS[2]),
        "mrkdwn_in": [],
    }
    if message.link:
        attachment["title_link"] = message.link
    if message.documents and message.facts:
        attachment["fields"] = [
            {"title": _escape(label), "value": _escape(value), "short": len(value) < 40}
            for label, value in message.facts[:_MOST_FIELDS]
        ]
    document: dict[str, Any] = {"text": options.text, "attachments": [attachment]}
    if options.channel:
        document["channel"] = options.channel
    if options.username:
        document["username"] = options.username
    if options.icon:
        document["icon_url" if "://" in options.icon else "icon_emoji"] = options.icon
    return document


def _escape(text: str) -> str:
    """Return text that cannot mention anybody or make links: events hold what attackers write."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Discord(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook of Discord."""

    username: Annotated[Name, msgspec.Meta(description="Name to post under.")] = ""


def _send_discord(options: Discord, message: Message, means: Means) -> None:
    embed: dict[str, Any] = {
        "title": message.title[:256],
        "description": _cut(message.body, _LONGEST_DISCORD),
        "color": int(_COLORS.get(message.severity, _COLORS[2])[1:], 16),
    }
    if message.link:
        embed["url"] = message.link
    document: dict[str, Any] = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    if options.username:
        document["username"] = options.username
    means.http.post_json(options.url, document)


class GoogleChat(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook of a Google Chat space."""


def _send_googlechat(options: GoogleChat, message: Message, means: Means) -> None:
    text = "\n\n".join(part for part in (message.title, _cut(message.body, _LONGEST_SLACK)) if part)
    # Mentions are written <users/...>: without angle brackets there are none.
    means.http.post_json(options.url, {"text": text.replace("<", "(").replace(">", ")")})


class Teams(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Teams channel, by a Power Automate workflow or by the older connector."""

    form: Annotated[
        Literal["adaptive", "connector"],
        msgspec.Meta(description="adaptive for Power Automate workflows; connector for the older webhooks."),
    ] = "adaptive"


def _send_teams(options: Teams, message: Message, means: Means) -> None:
    card = _connector_card(message) if options.form == "connector" else _adaptive_card(message)
    means.http.post_json(options.url, card)


def _adaptive_card(message: Message) -> dict[str, Any]:
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": message.title, "weight": "bolder", "size": "medium", "wrap": True},
        {"type": "TextBlock", "text": _cut(message.body, _LONGEST_CARD), "wrap": True},
    ]
    if message.documents and message.facts:
        facts = [{"title": label, "value": value} for label, value in message.facts[:_MOST_FIELDS]]
        body.append({"type": "FactSet", "facts": facts})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Tocsin", "url": message.link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _connector_card(message: Message) -> dict[str, Any]:
    facts = [{"name": label, "value": value} for label, value in message.facts[:_MOST_FIELDS]]
    card: dict[str, Any] = {
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "summary": message.title,
        "title": message.title,
        "text": _cut(message.body, _LONGEST_CARD),
        "themeColor": _COLORS.get(message.severity, _COLORS[2])[1:],
        "sections": [{"facts": facts}] if message.documents and facts else [],
    }
    if message.link:
        target = [{"os": "default", "uri": message.link}]
        card["potentialAction"] = [{"@type": "OpenUri", "name": "Open in Tocsin", "targets": target}]
    return card


class Telegram(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bot of Telegram."""

    token: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+:[A-Za-z0-9_-]+$", description="The bot's token.")]
    chat: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Chat id or @channel.")]
    url: Annotated[str, msgspec.Meta(description="Of another Bot API server.")] = "https://api.telegram.org"


def _send_telegram(options: Telegram, message: Message, means: Means) -> None:
    text = f"{message.title}\n\n{_cut(message.body, _LONGEST_TELEGRAM - len(message.title))}"
    document = {"chat_id": options.chat, "text": text, "disable_web_page_preview": True}
    address = f"{options.url.rstrip('/')}/bot{options.token}/sendMessage"
    answer = means.http.post_json(address, document).json()
    if not isinstance(answer, Mapping) or answer.get("ok") is not True:
        raise DeliveryError("Telegram did not take the message", permanent=True)


def _cut(text: str, longest: int) -> str:
    text = clean(text).strip()
    return text if len(text) <= longest else text[: max(0, longest - len(_CUT))] + _CUT


def _url_hosts(options: URLOptions) -> tuple[str, ...]:
    return host_of(options.url)


_URL = frozenset({"url"})

CHATS: Sequence[Kind] = (
    Kind("slack", "Slack", Slack, _URL, _send_slack, _url_hosts),
    Kind("mattermost", "Mattermost", Slack, _URL, _send_slack, _url_hosts),
    Kind("rocketchat", "Rocket.Chat", Slack, _URL, _send_slack, _url_hosts),
    Kind("discord", "Discord", Discord, _URL, _send_discord, _url_hosts),
    Kind("googlechat", "Google Chat", GoogleChat, _URL, _send_googlechat, _url_hosts),
    Kind("teams", "Microsoft Teams", Teams, _URL, _send_teams, _url_hosts),
    Kind(
        "telegram",
        "Telegram",
        Telegram,
        frozenset({"token"}),
        _send_telegram,
        lambda options: host_of(options.url),
    ),
)
"""An incoming webhook's address is its secret: whoever has it can post."""
