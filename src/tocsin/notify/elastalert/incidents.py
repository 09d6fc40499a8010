"""Pagers and tickets: the options of ElastAlert's alerters turned into channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.notify.elastalert.given import Given, Sending
from tocsin.notify.model import Message


def pagerduty(given: Given) -> Iterator[Sending]:
    """PagerDuty, by either version of its Events API."""
    version = "2" if given.text("pagerduty_api_version", "v1") == "v2" else "1"
    options: dict[str, Any] = {
        "routing_key": given.needed("pagerduty_service_key"),
        "version": version,
        "client": given.text("pagerduty_client_name", "Tocsin"),
        "severity": given.text("pagerduty_v2_payload_severity", "critical"),
        "source": _payload(given, "source") or "ElastAlert",
        "component": _payload(given, "component"),
        "group": _payload(given, "group"),
        "class": _payload(given, "class"),
    }
    details = given.mapping("pagerduty_v2_payload_custom_details")
    facts = tuple((label, given.field(str(name))) for label, name in details.items())
    key = given.filled(given.text("pagerduty_incident_key"), given.texts("pagerduty_incident_key_args"))
    message = msgspec.structs.replace(
        given.message,
        group=key or given.message.key,
        facts=facts,
        is_over=given.text("pagerduty_event_type", "trigger") == "resolve",
    )
    yield Sending("pagerduty", options, message)


def _payload(given: Given, name: str) -> str:
    option = f"pagerduty_v2_payload_{name}"
    return given.filled(given.text(option), given.texts(f"{option}_args"))


def opsgenie(given: Given) -> Iterator[Sending]:
    """Opsgenie."""
    message = given.message
    subject = given.filled(given.text("opsgenie_subject"), given.texts("opsgenie_subject_args"))
    title = subject or given.filled(given.text("opsgenie_message")) or message.title
    alias = given.filled(given.text("opsgenie_alias"))
    details = given.mapping("opsgenie_details")
    options = {
        "key": given.needed("opsgenie_key"),
        "url": given.text("opsgenie_addr", "https://api.opsgenie.com"),
        "teams": tuple(given.filled(each) for each in given.texts("opsgenie_teams")),
        "users": tuple(given.filled(each) for each in given.texts("opsgenie_recipients")),
        "tags": ("ElastAlert", *given.texts("opsgenie_tags")),
        "entity": given.filled(given.text("opsgenie_entity")),
        "source": given.text("opsgenie_source", "ElastAlert"),
        "priority": given.text("opsgenie_priority"),
    }
    told = msgspec.structs.replace(
        message,
        title=title,
        body=given.filled(given.text("opsgenie_description")) or message.body,
        group=alias or message.key,
        facts=tuple((label, _detail(given, value)) for label, value in details.items()),
    )
    yield Sending("opsgenie", options, told)


def _detail(given: Given, value: Any) -> str:
    return given.field(str(value["field"])) if isinstance(value, dict) and "field" in value else str(value)


def victorops(given: Given) -> Iterator[Sending]:
    """Splunk On-Call, once VictorOps."""
    key, route = given.needed("victorops_api_key"), given.needed("victorops_routing_key")
    options = {
        "url": f"https://alert.victorops.com/integrations/generic/20131114/alert/{key}/{route}",
        "message_type": given.text("victorops_message_type", "CRITICAL").upper(),
        "entity_name": given.text("victorops_entity_display_name"),
    }
    group = given.filled(given.text("victorops_entity_id")) or given.message.key
    yield Sending("victorops", options, msgspec.structs.replace(given.message, group=group))


def alertmanager(given: Given) -> Iterator[Sending]:
    """Alertmanagers of Prometheus: each is told, as they tell each other."""
    fields = given.mapping("alertmanager_fields")
    labels = {**given.mapping("alertmanager_labels")}
    labels.update({label: given.field(str(name)) for label, name in fields.items()})
    message, options = given.message, _alertmanager(given, labels)
    for host in given.texts("alertmanager_hosts") or ["http://localhost:9093"]:
        yield Sending("alertmanager", {**options, "url": host}, message)


def _alertmanager(given: Given, labels: dict[str, Any]) -> dict[str, Any]:
    annotations = given.mapping("alertmanager_annotations")
    for part, text in (("subject", given.message.title), ("text", given.message.body[:20_000])):
        default = "summary" if part == "subject" else "description"
        annotations[given.text(f"alertmanager_alert_{part}_labelname", default)] = text
    return {
        "name": given.text("alertmanager_alertname"),
        "labels": {name: str(value) for name, value in labels.items()},
        "annotations": {name: str(value) for name, value in annotations.items()},
        "user": given.text("alertmanager_basic_auth_login"),
        "password": given.text("alertmanager_basic_auth_password"),
    }


def jira(given: Given) -> Iterator[Sending]:
    """Jira: an issue, or with `jira_bump_tickets` a comment on the open one of this rule."""
    user, token = given.account("jira_account_file")
    options = {
        "url": given.needed("jira_server"),
        "user": user,
        "token": token,
        "project": given.needed("jira_project"),
        "issue_type": given.text("jira_issuetype", "Task"),
        "labels": (*given.texts("jira_label"), *given.texts("jira_labels")),
        "components": (*given.texts("jira_component"), *given.texts("jira_components")),
        "assignee": given.text("jira_assignee"),
    }
    message = given.message
    lead = given.text("jira_description")
    told = msgspec.structs.replace(
        message,
        body=f"{lead}\n\n{message.body}" if lead else message.body,
        group=message.title if given.flag("jira_bump_tickets") else message.key,
    )
    yield Sending("jira", options, told)


_COLUMNS = ("assignment_group", "category", "subcategory", "cmdb_ci", "caller_id", "impact", "comments")


def servicenow(given: Given) -> Iterator[Sending]:
    """ServiceNow: a record of the table the address names."""
    options = {
        "url": given.needed("servicenow_rest_url"),
        "user": given.needed("username"),
        "password": given.needed("password"),
        "urgency": given.text("urgency"),
        "fields": {name: value for name in _COLUMNS if (value := given.text(name))},
    }
    title = given.text("short_description") or given.message.title
    told: Message = msgspec.structs.replace(given.message, title=title, group=given.message.key)
    yield Sending("servicenow", options, told)
