"""The services of ElastAlert that can be told, each with what turns its options into channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tocsin.notify.elastalert import chats, incidents, others
from tocsin.notify.elastalert.given import Given, Sending

SERVICES: Mapping[str, Callable[[Given], Iterator[Sending]]] = {
    "email": chats.email,
    "slack": chats.slack,
    "mattermost": chats.mattermost,
    "rocketchat": chats.rocketchat,
    "discord": chats.discord,
    "googlechat": chats.googlechat,
    "ms_teams": chats.ms_teams,
    "ms_power_automate": chats.ms_power_automate,
    "telegram": chats.telegram,
    "matrixhookshot": chats.matrixhookshot,
    "yzj": chats.yzj,
    "pagerduty": incidents.pagerduty,
    "opsgenie": incidents.opsgenie,
    "victorops": incidents.victorops,
    "alertmanager": incidents.alertmanager,
    "jira": incidents.jira,
    "servicenow": incidents.servicenow,
    "post": others.post,
    "post2": others.post2,
    "gelf": others.gelf,
    "datadog": others.datadog,
    "alerta": others.alerta,
    "exotel": others.exotel,
    "webex_webhook": others.webex,
    "dingtalk": others.dingtalk,
    "lark": others.lark,
    "line": others.line,
    "workwechat": others.workwechat,
    "twilio": others.twilio,
    "ses": others.ses,
    "sns": others.sns,
    "smseagle": others.smseagle,
    "pagertree": others.pagertree,
}
