"""Webhooks, logs, and what goes by Apprise: the options of ElastAlert's alerters turned into channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.notify.elastalert.chats import posted
from tocsin.notify.elastalert.given import Given, Sending, lookup


def post(given: Given) -> Iterator[Sending]:
    """POST each match, or the fields named in `http_post_payload`."""
    headers = {name: str(value) for name, value in given.mapping("http_post_headers").items()}
    documents = [_flat(given, match, "http_post_") for match in given.message.documents]
    return _posts(given, "http_post_url", documents, headers)


def post2(given: Given) -> Iterator[Sending]:
    """POST like `post`; texts of payload and headers may quote fields as `{{ name }}`."""
    headers = {
        name: _quoted(str(value), given.document)
        for name, value in given.mapping("http_post2_headers").items()
    }
    documents = []
    for match in given.message.documents:
        document = dict(match) if given.flag("http_post2_all_values") else {}
        document.update(_deep(given.mapping("http_post2_payload"), match))
        document.update(given.mapping("http_post2_static_payload"))
        for name, source in given.mapping("http_post2_raw_fields").items():
            document[name] = lookup(match, str(source))
        documents.append(document)
    return _posts(given, "http_post2_url", documents, headers)


def _flat(given: Given, match: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    payload = given.mapping(f"{prefix}payload")
    everything = given.flag(f"{prefix}all_values", not payload)
    document = dict(match) if everything else {}
    document.update({name: lookup(match, str(source)) for name, source in payload.items()})
    document.update(given.mapping(f"{prefix}static_payload"))
    return document


def _deep(value: Any, match: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {_quoted(str(name), match): _deep(each, match) for name, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, match) for each in value]
    return _quoted(value, match) if isinstance(value, str) else value


def _quoted(text: str, match: Mapping[str, Any]) -> str:
    """Replace `{{ name }}` by the field; anything else of Jinja's stays as it is written."""
    parts = text.split("{{")
    found = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}}")
        plain = name.strip().removeprefix("_data.")
        value = lookup(match, plain) if closed else None
        found.append(f"{'' if value is None else value}{rest}" if closed else "{{" + part)
    return "".join(found)


def _posts(
    given: Given, option: str, documents: list[dict[str, Any]], headers: dict[str, str]
) -> Iterator[Sending]:
    urls = given.texts(option)
    if not urls:
        raise InvalidError(f"the rule gives no {option}")
    for url in urls:
        yield posted(url, given.message, documents, headers)


def gelf(given: Given) -> Iterator[Sending]:
    """Graylog, by HTTP."""
    if given.text("gelf_type", "tcp") != "http":
        raise InvalidError("GELF is sent by HTTP only: set gelf_type to http, and gelf_endpoint")
    payload = given.mapping("gelf_payload")
    facts = tuple((name, given.field(str(source))) for name, source in payload.items())
    message = msgspec.structs.replace(given.message, facts=facts)
    yield Sending("gelf", {"url": given.needed("gelf_endpoint")}, message)


def datadog(given: Given) -> Iterator[Sending]:
    """An event of Datadog."""
    headers = {
        "DD-API-KEY": given.needed("datadog_api_key"),
        "DD-APPLICATION-KEY": given.needed("datadog_app_key"),
    }
    document = {"title": given.message.title, "text": given.message.body}
    yield posted("https://api.datadoghq.com/api/v1/events", given.message, (document,), headers)


def alerta(given: Given) -> Iterator[Sending]:
    """An alert of Alerta, by its HTTP interface; texts may name fields of the match in braces."""
    url = given.needed("alerta_api_url")
    key = given.text("alerta_api_key")
    message = given.message
    document: dict[str, Any] = {
        "event": given.filled(given.text("alerta_event")) or message.title,
        "text": given.filled(given.text("alerta_text")) or message.body,
        "resource": given.filled(given.text("alerta_resource", "tocsin")),
        "environment": given.filled(given.text("alerta_environment", "Production")),
        "severity": given.text("alerta_severity", "warning"),
        "origin": given.filled(given.text("alerta_origin", "tocsin")),
        "group": given.filled(given.text("alerta_group")),
        "value": given.filled(given.text("alerta_value")),
        "service": [given.filled(each) for each in given.texts("alerta_service")] or ["tocsin"],
        "tags": [given.filled(each) for each in given.texts("alerta_tags")],
        "correlate": given.texts("alerta_correlate"),
    }
    headers = {"Authorization": f"Key {key}"} if key else {}
    yield posted(url, message, (document,), headers)


def webex(given: Given) -> Iterator[Sending]:
    """Webex, by a webhook's id."""
    yield _apprise(given, f"wxteams://{_part(given, 'webex_webhook_id')}")


def dingtalk(given: Given) -> Iterator[Sending]:
    """DingTalk, by a robot's token."""
    yield _apprise(given, f"dingtalk://{_part(given, 'dingtalk_access_token')}")


def lark(given: Given) -> Iterator[Sending]:
    """Lark, by a bot's id."""
    yield _apprise(given, f"lark://{_part(given, 'lark_bot_id')}")


def line(given: Given) -> Iterator[Sending]:
    """LINE, by a channel's token."""
    token, to = _part(given, "line_channel_access_token"), _part(given, "line_to")
    yield _apprise(given, f"line://{token}/{to}")


def workwechat(given: Given) -> Iterator[Sending]:
    """WeCom, by a bot's id."""
    yield _apprise(given, f"wecombot://{_part(given, 'work_wechat_bot_id')}")


def twilio(given: Given) -> Iterator[Sending]:
    """Text messages by Twilio."""
    login = f"{_part(given, 'twilio_account_sid')}:{_part(given, 'twilio_auth_token')}"
    numbers = f"{_part(given, 'twilio_from_number')}/{_part(given, 'twilio_to_number')}"
    yield _apprise(given, f"twilio://{login}@{numbers}")


def exotel(given: Given) -> Iterator[Sending]:
    """Text messages by Exotel."""
    login = f"{_part(given, 'exotel_account_sid')}:{_part(given, 'exotel_auth_token')}"
    numbers = f"{_part(given, 'exotel_from_number')}/{_part(given, 'exotel_to_number')}"
    yield _apprise(given, f"exotel://{login}@{numbers}")


def ses(given: Given) -> Iterator[Sending]:
    """Mail by Amazon's SES."""
    access, region = _aws(given, "ses_")
    to = "/".join(quote(each, safe="@") for each in given.texts("ses_email"))
    yield _apprise(given, f"ses://{_part(given, 'ses_from_addr')}/{access}/{region}/{to}")


def sns(given: Given) -> Iterator[Sending]:
    """A topic of Amazon's SNS; Apprise names topics without the rest of their ARN."""
    access, region = _aws(given, "sns_")
    topic = given.needed("sns_topic_arn").rpartition(":")[2]
    yield _apprise(given, f"sns://{access}/{region}/#{quote(topic, safe='')}")


def _aws(given: Given, prefix: str) -> tuple[str, str]:
    keys = f"{_part(given, f'{prefix}aws_access_key')}/{_part(given, f'{prefix}aws_secret_key')}"
    region = given.text(f"{prefix}aws_region") or given.text("aws_region", "us-east-1")
    return keys, quote(region, safe="")


def smseagle(given: Given) -> Iterator[Sending]:
    """Text messages by an SMSEagle box."""
    address = urlsplit(given.needed("smseagle_url"))
    schema = "smseagles" if address.scheme == "https" else "smseagle"
    to = "/".join(quote(each, safe="+") for each in given.texts("smseagle_to"))
    yield _apprise(given, f"{schema}://{_part(given, 'smseagle_token')}@{address.netloc}/{to}")


def pagertree(given: Given) -> Iterator[Sending]:
    """PagerTree, by an integration's address."""
    integration = given.needed("pagertree_integration_url").rstrip("/").rpartition("/")[2]
    yield _apprise(given, f"pagertree://{quote(integration, safe='')}")


def _part(given: Given, option: str) -> str:
    return quote(given.needed(option), safe="@+")


def _apprise(given: Given, url: str) -> Sending:
    return Sending("apprise", {"url": url}, given.message)
