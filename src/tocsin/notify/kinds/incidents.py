"""Services that call people: PagerDuty, Opsgenie, Splunk On-Call (VictorOps), Prometheus Alertmanager.

Each knows an incident by a key, so that a message sent twice, or more about the same alert, opens no second
one, and an end closes it. Source of the forms: the services' public API documentation.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from tocsin.core.clock import to_iso
from tocsin.notify.keys import short_key
from tocsin.notify.kinds.base import Kind, Means, host_of
from tocsin.notify.kinds.options import URLOptions
from tocsin.notify.model import Message, severity_word

Name = Annotated[str, msgspec.Meta(max_length=1_000)]
_PAGERDUTY = {1: "info", 2: "warning", 3: "error", 4: "critical"}
_OPSGENIE = {1: "P4", 2: "P3", 3: "P2", 4: "P1"}


class PagerDuty(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A service of PagerDuty, by its Events API version 2."""

    routing_key: Annotated[str, msgspec.Meta(min_length=1, description="Integration key of the service.")]
    source: Annotated[Name, msgspec.Meta(description="What is affected; default: tocsin.")] = "tocsin"
    client: Name = "Tocsin"
    version: Annotated[
        Literal["2", "1"], msgspec.Meta(description="Of the Events API, as the integration is made for.")
    ] = "2"
    component: Name = ""
    group: Name = ""
    class_: Name = msgspec.field(default="", name="class")
    severity: Annotated[str, msgspec.Meta(pattern="^(|info|warning|error|critical)$")] = ""
    """Instead of the message's own."""
    url: Annotated[str, msgspec.Meta(description="Of another region.")] = (
        "https://events.pagerduty.com/v2/enqueue"
    )


_PAGERDUTY_1 = "/generic/2010-04-15/create_event.json"


def _send_pagerduty(options: PagerDuty, message: Message, means: Means) -> None:
    if options.version == "1":
        _send_pagerduty_1(options, message, means)
        return
    event: dict[str, Any] = {
        "routing_key": options.routing_key,
        "event_action": "resolve" if message.is_over else "trigger",
        "dedup_key": short_key(message.incident, 255),
        "client": options.client,
    }
    if message.link:
        event["client_url"] = message.link
    if not message.is_over:
        details = {**dict(message.facts), "text": message.body[:20_000]}
        payload = {
            "summary": message.title[:1024],
            "source": options.source or "tocsin",
            "severity": options.severity or _PAGERDUTY.get(message.severity, "warning"),
            "component": options.component,
            "group": options.group,
            "class": options.class_,
            "custom_details": details,
        }
        if message.at:
            payload["timestamp"] = to_iso(message.at)
        event["payload"] = {name: value for name, value in payload.items() if value}
    means.http.post_json(options.url, event)


def _send_pagerduty_1(options: PagerDuty, message: Message, means: Means) -> None:
    event = {
        "service_key": options.routing_key,
        "event_type": "resolve" if message.is_over else "trigger",
        "incident_key": short_key(message.incident, 255),
        "description": message.title[:1024],
        "client": options.client,
        "details": {**dict(message.facts), "text": message.body[:20_000]},
    }
    means.http.post_json(options.url.removesuffix("/v2/enqueue") + _PAGERDUTY_1, event)


class Opsgenie(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Opsgenie, by its Alert API."""

    key: Annotated[str, msgspec.Meta(min_length=1, description="API key of an integration.")]
    teams: Annotated[tuple[str, ...], msgspec.Meta(description="Names of teams to call.")] = ()
    users: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    entity: Name = ""
    source: Name = "Tocsin"
    priority: Annotated[str, msgspec.Meta(pattern="^(|P[1-5])$", description="Default: by severity.")] = ""
    url: Annotated[str, msgspec.Meta(description="https://api.eu.opsgenie.com for Europe.")] = (
        "https://api.opsgenie.com"
    )


def _send_opsgenie(options: Opsgenie, message: Message, means: Means) -> None:
    base = options.url.rstrip("/").removesuffix("/v2/alerts")
    headers = {"Authorization": f"GenieKey {options.key}"}
    alias = short_key(message.incident, 512)
    if message.is_over:
        address = f"{base}/v2/alerts/{quote(alias, safe='')}/close?identifierType=alias"
        means.http.post_json(address, {"source": options.source, "note": message.title}, headers=headers)
        return
    responders = [{"name": team, "type": "team"} for team in options.teams]
    responders += [{"username": user, "type": "user"} for user in options.users]
    document = {
        "message": message.title[:130],
        "alias": alias,
        "description": message.body[:15_000],
        "responders": responders,
        "tags": list(options.tags),
        "details": dict(message.facts),
        "entity": options.entity,
        "source": options.source,
        "priority": options.priority or _OPSGENIE.get(message.severity, "P3"),
    }
    shown = {name: value for name, value in document.items() if value}
    means.http.post_json(f"{base}/v2/alerts", shown, headers=headers)


class VictorOps(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Splunk On-Call, by its REST endpoint; the address holds the key and the routing key."""

    message_type: Annotated[
        str, msgspec.Meta(pattern="^(|INFO|WARNING|ACKNOWLEDGEMENT|CRITICAL|RECOVERY)$")
    ] = ""
    entity_name: Name = ""


def _send_victorops(options: VictorOps, message: Message, means: Means) -> None:
    severe = "CRITICAL" if message.severity >= 3 else "WARNING"
    document = {
        "message_type": "RECOVERY" if message.is_over else options.message_type or severe,
        "entity_id": short_key(message.incident, 512),
        "entity_display_name": options.entity_name or message.title[:512],
        "monitoring_tool": "Tocsin",
        "state_message": message.body[:20_000],
    }
    means.http.post_json(options.url, document)


class Alertmanager(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An Alertmanager of Prometheus, by its API version 2."""

    name: Annotated[Name, msgspec.Meta(description="Label alertname; default: the event.")] = ""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    user: Name = ""
    password: str = ""


def _send_alertmanager(options: Alertmanager, message: Message, means: Means) -> None:
    labels = {
        "alertname": options.name or message.event,
        "severity": severity_word(message.severity),
        "key": short_key(message.incident, 512),
        **options.labels,
    }
    alert: dict[str, Any] = {
        "labels": labels,
        "annotations": {
            "summary": message.title,
            "description": message.body[:20_000],
            **options.annotations,
        },
    }
    if message.at:
        alert["endsAt" if message.is_over else "startsAt"] = to_iso(message.at)
    if message.link:
        alert["generatorURL"] = message.link
    base = options.url.rstrip("/").removesuffix("/api/v2/alerts")
    headers = basic_auth(options.user, options.password)
    means.http.post_json(f"{base}/api/v2/alerts", [alert], headers=headers)


def basic_auth(user: str, password: str) -> dict[str, str]:
    """Return the header of a login; none without a user."""
    if not user:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


INCIDENTS: Sequence[Kind] = (
    Kind(
        "pagerduty",
        "PagerDuty",
        PagerDuty,
        frozenset({"routing_key"}),
        _send_pagerduty,
        lambda options: host_of(options.url),
    ),
    Kind(
        "opsgenie",
        "Opsgenie",
        Opsgenie,
        frozenset({"key"}),
        _send_opsgenie,
        lambda options: host_of(options.url),
    ),
    Kind(
        "victorops",
        "Splunk On-Call",
        VictorOps,
        frozenset({"url"}),
        _send_victorops,
        lambda options: host_of(options.url),
    ),
    Kind(
        "alertmanager",
        "Alertmanager",
        Alertmanager,
        frozenset({"password"}),
        _send_alertmanager,
        lambda options: host_of(options.url),
    ),
)
