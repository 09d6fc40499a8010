"""Mail and chats: the options of ElastAlert's alerters turned into channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.notify.elastalert.given import Given, Sending, lookup
from tocsin.notify.model import Message
from tocsin.notify.text import one_line


def email(given: Given) -> Iterator[Sending]:
    """Mail by `smtp_host`, to `email` or to an address the match holds."""
    user, password = given.account("smtp_auth_file")
    html = given.text("email_format") == "html"
    options = {
        "host": given.text("smtp_host", "localhost"),
        "port": int(given.text("smtp_port", "0") or 0),
        "security": "tls" if given.flag("smtp_ssl") else "auto",
        "user": user,
        "password": password,
        "sender": _address(given.text("from_addr", "ElastAlert"), given),
        "to": tuple(_recipients(given)),
        "cc": tuple(given.texts("cc")),
        "bcc": tuple(given.texts("bcc")),
        "reply_to": given.text("email_reply_to"),
    }
    yield Sending("email", options, msgspec.structs.replace(given.message, form="html" if html else "text"))


def _recipients(given: Given) -> list[str]:
    named = given.text("email_from_field")
    found = lookup(given.document, named) if named else None
    if found is None:
        return given.texts("email")
    domain = given.text("email_add_domain")
    addresses = found if isinstance(found, list) else [found]
    return [
        str(each) if "@" in str(each) else f"{each}@{domain.removeprefix('@')}"
        for each in addresses
        if "@" in str(each) or domain
    ]


def _address(sender: str, given: Given) -> str:
    """Return a whole address: ElastAlert's own default is only a name."""
    return sender if "@" in sender else f"{one_line(sender)}@{given.text('smtp_host', 'localhost')}"


def slack(given: Given) -> Iterator[Sending]:
    """Slack, by one webhook or several, to one channel or several."""
    return _slack(given, "slack", "slack_", "text_string", "alert_fields")


def mattermost(given: Given) -> Iterator[Sending]:
    """Mattermost; in Slack's form."""
    return _slack(given, "mattermost", "mattermost_", "msg_pretext", "msg_fields")


def rocketchat(given: Given) -> Iterator[Sending]:
    """Rocket.Chat; in Slack's form."""
    return _slack(given, "rocketchat", "rocket_chat_", "text_string", "alert_fields")


def _slack(given: Given, kind: str, prefix: str, text: str, fields: str) -> Iterator[Sending]:
    message = _faced(given, f"{prefix}title", f"{prefix}title_link", f"{prefix}{fields}")
    options = {
        "username": given.text(f"{prefix}username_override"),
        "icon": given.text(f"{prefix}icon_url_override") or given.text(f"{prefix}emoji_override"),
        "text": given.text(f"{prefix}{text}"),
        "color": given.text(f"{prefix}msg_color", "danger"),
    }
    for url in _urls(given, f"{prefix}webhook_url"):
        for channel in given.texts(f"{prefix}channel_override") or [""]:
            yield Sending(kind, {**options, "url": url, "channel": channel}, message)


def _faced(given: Given, title: str, link: str, fields: str) -> Message:
    """Return the message with title, link and fields as the rule wants them."""
    message = given.message
    return msgspec.structs.replace(
        message,
        title=given.text(title) or message.title,
        link=given.text(link) or message.link,
        facts=given.facts(fields),
    )


def discord(given: Given) -> Iterator[Sending]:
    """Discord, by a webhook."""
    return _plain(given, "discord", "discord_webhook_url")


def googlechat(given: Given) -> Iterator[Sending]:
    """Google Chat, by a webhook."""
    return _plain(given, "googlechat", "googlechat_webhook_url")


def ms_teams(given: Given) -> Iterator[Sending]:
    """Teams, by the older connectors."""
    return _teams(given, "ms_teams_", "connector")


def ms_power_automate(given: Given) -> Iterator[Sending]:
    """Teams, by a workflow of Power Automate."""
    return _teams(given, "ms_power_automate_", "adaptive")


def _teams(given: Given, prefix: str, form: str) -> Iterator[Sending]:
    facts = given.facts(f"{prefix}alert_facts")
    message = msgspec.structs.replace(given.message, facts=facts)
    for url in _urls(given, f"{prefix}webhook_url"):
        yield Sending("teams", {"url": url, "form": form}, message)


def telegram(given: Given) -> Iterator[Sending]:
    """Telegram, by a bot."""
    server = given.text("telegram_api_url", "api.telegram.org")
    options = {
        "token": given.needed("telegram_bot_token"),
        "chat": given.needed("telegram_room_id"),
        "url": server if "://" in server else f"https://{server}",
    }
    yield Sending("telegram", options, given.message)


def _plain(given: Given, kind: str, option: str) -> Iterator[Sending]:
    for url in _urls(given, option):
        yield Sending(kind, {"url": url}, given.message)


def _urls(given: Given, option: str) -> Sequence[str]:
    found = given.texts(option)
    if not found:
        raise InvalidError(f"the rule gives no {option}")
    return found


def matrixhookshot(given: Given) -> Iterator[Sending]:
    """Matrix, by Hookshot's generic webhook."""
    text = given.text("matrixhookshot_text") or f"{given.message.title}\n\n{given.message.body}"
    document: dict[str, Any] = {"text": text}
    for option in ("username", "html"):
        if value := given.text(f"matrixhookshot_{option}"):
            document[option] = value
    for url in _urls(given, "matrixhookshot_webhook_url"):
        yield posted(url, given.message, (document,))


def yzj(given: Given) -> Iterator[Sending]:
    """Yunzhijia, by a robot's webhook."""
    url = given.text("yzj_webhook_url", "https://www.yunzhijia.com/gateway/robot/webhook/send")
    address = f"{url}?yzjtype=0&yzjtoken={given.needed('yzj_token')}"
    content = f"{given.message.title}\n\n{given.message.body}"
    yield posted(address, given.message, ({"content": content},))


def posted(
    url: str, message: Message, documents: Sequence[dict[str, Any]], headers: dict[str, str] | None = None
) -> Sending:
    """Return documents that are posted as they are, each alone."""
    options = {"url": url, "headers": headers or {}, "content": "documents"}
    return Sending("webhook", options, msgspec.structs.replace(message, documents=tuple(documents)))
