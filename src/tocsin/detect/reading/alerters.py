"""Read which services an ElastAlert rule would tell, as a description any sender could follow.

Nothing is sent from here: every match becomes one of our alerts, which is what `hivealerter` and `iris` are
for. The other services are kept with the rule; notify tells them when the operator allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from tocsin.core.errors import Problem
from tocsin.core.suggestion import did_you_mean
from tocsin.core.yaml_source import Source
from tocsin.detect.reading.alerter_options import HONOURED, UNFOLLOWED
from tocsin.detect.rule import Notify

Means = Literal["alert", "message", "ticket", "record"]

_SERVICES: dict[str, tuple[Means, tuple[str, ...]]] = {
    "hivealerter": ("alert", ("hive_",)),
    "iris": ("alert", ("iris_",)),
    "debug": ("record", ()),
    "indexer": ("record", ("indexer_",)),
    "email": ("message", ("email", "smtp_", "from_addr", "cc", "bcc")),
    "ses": ("message", ("ses_", "aws_")),
    "sns": ("message", ("sns_", "aws_", "boto_")),
    "sqs": ("message", ("sqs_", "aws_")),
    "slack": ("message", ("slack_",)),
    "mattermost": ("message", ("mattermost_",)),
    "rocketchat": ("message", ("rocket_chat_",)),
    "discord": ("message", ("discord_",)),
    "telegram": ("message", ("telegram_",)),
    "ms_teams": ("message", ("ms_teams_",)),
    "ms_power_automate": ("message", ("ms_power_automate_",)),
    "googlechat": ("message", ("googlechat_",)),
    "webex_webhook": ("message", ("webex_",)),
    "matrixhookshot": ("message", ("matrixhookshot_",)),
    "dingtalk": ("message", ("dingtalk_",)),
    "lark": ("message", ("lark_",)),
    "linenotify": ("message", ("linenotify_",)),
    "line": ("message", ("line_", "linenotify_")),
    "workwechat": ("message", ("workwechat_", "work_wechat_")),
    "chatwork": ("message", ("chatwork_",)),
    "gitter": ("message", ("gitter_",)),
    "yzj": ("message", ("yzj_",)),
    "twilio": ("message", ("twilio_",)),
    "exotel": ("message", ("exotel_",)),
    "smseagle": ("message", ("smseagle_",)),
    "tencent_sms": ("message", ("tencent_sms_",)),
    "post": ("message", ("http_post_",)),
    "post2": ("message", ("http_post2_",)),
    "gelf": ("message", ("gelf_",)),
    "stomp": ("message", ("stomp_",)),
    "alertmanager": ("message", ("alertmanager_",)),
    "alerta": ("message", ("alerta_",)),
    "datadog": ("message", ("datadog_",)),
    "zabbix": ("message", ("zbx_",)),
    "pagerduty": ("ticket", ("pagerduty_",)),
    "pagertree": ("ticket", ("pagertree_",)),
    "opsgenie": ("ticket", ("opsgenie_",)),
    "victorops": ("ticket", ("victorops_",)),
    "flashduty": ("ticket", ("flashduty_",)),
    "jira": ("ticket", ("jira_",)),
    "servicenow": ("ticket", ("servicenow_",)),
}

_BARE = frozenset({"servicenow"})
"""Services whose options do not all begin with the service's name."""

_UNSAFE = {
    "command": "the command alerter runs a command on the server; let a playbook with a responder do that"
}

_INSTEAD = "let a route of notifications tell it by a webhook or an Apprise address"

_UNTOLD = {
    "gitter": "the service has ended",
    "linenotify": "the service has ended; LINE is told by the alerter line",
    "sqs": "nothing here writes to a queue of Amazon's; let a route tell sns, which can feed one",
    "stomp": "nothing here speaks to message brokers; let a playbook with a responder do that",
    "zabbix": "Zabbix takes it by its own protocol only; let a playbook with a responder do that",
    "tencent_sms": "its requests are signed in a way of their own; let a route tell another service",
    "chatwork": "it takes forms and no documents; let a route tell it by an Apprise address",
    "flashduty": "let a route of notifications tell it by the webhook of a FlashDuty integration",
}
"""Why a service is told by nothing, and what to do."""

_SECRET = ("key", "token", "password", "secret", "url", "webhook", "auth", "account", "sid", "credential")


def read_alerters(source: Source) -> tuple[Notify, ...]:
    """Return the services the rule names; raises `ContentError` for what would run code."""
    return tuple(_notify(source, name, own) for name, own in _named(source))


def _named(source: Source) -> Iterator[tuple[str, Mapping[str, Any]]]:
    given = source.values.get("alert", [])
    for entry in given if isinstance(given, list) else [given]:
        if isinstance(entry, Mapping):
            for name, own in entry.items():
                yield str(name), own if isinstance(own, Mapping) else {}
        elif entry:
            yield str(entry), {}


def _notify(source: Source, name: str, own: Mapping[str, Any]) -> Notify:
    if reason := _UNSAFE.get(name):
        raise source.refuse(f"alert {name!r} is refused: {reason}", "alert")
    if "." in name:
        raise source.refuse(f"alert {name!r} names a Python module, and rules do not load code", "alert")
    means, prefixes = _SERVICES.get(name, ("record", (f"{name}_",)))
    options = {key: value for key, value in source.values.items() if prefixes and key.startswith(prefixes)}
    if name in _BARE:
        bare = HONOURED[name] & set(source.values)
        options.update({key: source.values[key] for key in bare})
    options.update({str(key): value for key, value in own.items()})
    shown = {key: _shown(key, value) for key, value in sorted(options.items())}
    return Notify(name, means, shown, options)


def _shown(key: str, value: Any) -> Any:
    """Return an option as it may be shown: what could be a secret only as being there."""
    return "(set)" if any(word in key for word in _SECRET) else value


def alerter_remarks(source: Source, notify: tuple[Notify, ...]) -> list[Problem]:
    """Return remarks: services told on leave, those told by nothing, and names nobody knows."""
    remarks = []
    named = [each for each in notify if each.means in {"message", "ticket"}]
    name = str(source.values.get("name", ""))
    if told := ", ".join(dict.fromkeys(each.service for each in named if each.service in HONOURED)):
        reason = f"matches become alerts here; {told} is told when notify.elastalert and notify.hosts allow"
        remarks.append(Problem(source.at("alert"), reason, name))
    for service in dict.fromkeys(each.service for each in named if each.service not in HONOURED):
        reason = f"{service} is recorded with the rule and not told: {_UNTOLD.get(service, _INSTEAD)}"
        remarks.append(Problem(source.at("alert"), reason, name))
    for each in named:
        remarks += [Problem(source.at(option), why, name) for option, why in _odd_options(each)]
    for each in notify:
        if each.service not in _SERVICES:
            hint = did_you_mean(each.service, _SERVICES)
            reason = f"alert {each.service!r} is no service ElastAlert knows{hint}"
            remarks.append(Problem(source.at("alert"), reason, str(source.values.get("name", ""))))
    return remarks


def _odd_options(notify: Notify) -> Iterator[tuple[str, str]]:
    """Yield the options of a service that have no effect, with the reason."""
    honoured = HONOURED.get(notify.service)
    if honoured is None:
        return
    unfollowed = UNFOLLOWED.get(notify.service, frozenset())
    for option in notify.options:
        if option in unfollowed:
            yield option, f"option {option!r} has no effect: the message is formed and sent by notify"
        elif option not in honoured:
            hint = did_you_mean(option, honoured | unfollowed)
            yield option, f"option {option!r} is unknown to {notify.service} and has no effect{hint}"
