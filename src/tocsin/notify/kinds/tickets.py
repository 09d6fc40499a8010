"""Tickets: issues of Jira and records of ServiceNow.

A ticket is looked for before one is made: by a label in Jira, by the correlation id in ServiceNow. So a
message sent twice makes no second one, and more about the same alert becomes a comment.
Source of the forms: the public documentation of Jira's REST API version 2 and ServiceNow's Table API.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from tocsin.notify.keys import short_key
from tocsin.notify.kinds.base import Kind, Means, host_of
from tocsin.notify.kinds.incidents import basic_auth
from tocsin.notify.kinds.options import URLOptions
from tocsin.notify.model import Message

_LONGEST = 30_000
Name = Annotated[str, msgspec.Meta(max_length=1_000)]


class Jira(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A project of Jira."""

    project: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Key of the project.")]
    user: Annotated[Name, msgspec.Meta(description="Login; empty with a personal access token.")] = ""
    token: Annotated[str, msgspec.Meta(description="API token, password or personal access token.")] = ""
    issue_type: Annotated[Name, msgspec.Meta(description="Such as Task or Bug.")] = "Task"
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    assignee: Name = ""
    priority: Name = ""
    fields: Annotated[
        dict[str, Any], msgspec.Meta(description="Further fields as Jira's API takes them.")
    ] = msgspec.field(default_factory=dict)


def _send_jira(options: Jira, message: Message, means: Means) -> None:
    base = options.url.rstrip("/")
    headers = _jira_login(options)
    mark = jira_mark(message.incident)
    found = _jira_issue(base, headers, options, mark, means)
    if found:
        _jira_comment(base, headers, found, message, means)
        return
    fields: dict[str, Any] = {
        "project": {"key": options.project},
        "summary": message.title[:250],
        "description": _text(message),
        "issuetype": {"name": options.issue_type},
        "labels": [*options.labels, mark],
        **options.fields,
    }
    if options.components:
        fields["components"] = [{"name": name} for name in options.components]
    if options.assignee:
        fields["assignee"] = {"name": options.assignee}
    if options.priority:
        fields["priority"] = {"name": options.priority}
    means.http.post_json(f"{base}/rest/api/2/issue", {"fields": fields}, headers=headers)


def jira_mark(incident: str) -> str:
    """Return the label by which an issue is found again."""
    return f"tocsin-{hashlib.sha256(incident.encode()).hexdigest()[:20]}"


def _jira_login(options: Jira) -> dict[str, str]:
    if options.user:
        return basic_auth(options.user, options.token)
    return {"Authorization": f"Bearer {options.token}"} if options.token else {}


def _jira_issue(base: str, headers: Mapping[str, str], options: Jira, mark: str, means: Means) -> str:
    """Return the key of the open issue that carries the mark; empty when there is none."""
    project = options.project.replace("\\", "").replace('"', "")
    query = f'project = "{project}" AND labels = "{mark}" AND statusCategory != Done'
    wanted = {"jql": query, "fields": ["summary"], "maxResults": 1}
    answer = means.http.post_json(f"{base}/rest/api/2/search", wanted, headers=headers).json()
    issues = answer.get("issues") if isinstance(answer, Mapping) else None
    return str(issues[0]["key"]) if issues else ""


def _jira_comment(base: str, headers: Mapping[str, str], issue: str, message: Message, means: Means) -> None:
    """Comment, unless a comment with this message's mark is there."""
    address = f"{base}/rest/api/2/issue/{quote(issue, safe='')}/comment"
    mark = jira_mark(message.key)
    answer = means.http.send(address, b"", headers=dict(headers), method="GET")
    if mark.encode() in answer.body:
        return
    text = f"{message.title}\n\n{_text(message)}\n{mark}"
    means.http.post_json(address, {"body": text}, headers=headers)


class ServiceNow(URLOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of ServiceNow."""

    user: Name
    password: str
    table: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]+$")] = "incident"
    fields: Annotated[dict[str, str], msgspec.Meta(description="Further columns, such as category.")] = (
        msgspec.field(default_factory=dict)
    )
    urgency: Literal["", "1", "2", "3"] = ""


def _send_servicenow(options: ServiceNow, message: Message, means: Means) -> None:
    base = options.url.rstrip("/")
    address = base if "/api/now/" in base else f"{base}/api/now/table/{options.table}"
    headers = {**basic_auth(options.user, options.password), "Accept": "application/json"}
    mark = short_key(message.incident, 100)
    query = f"{address}?sysparm_limit=1&sysparm_fields=sys_id&sysparm_query=" + quote(
        f"active=true^correlation_id={mark.replace('^', ' ')}", safe=""
    )
    answer = means.http.send(query, b"", headers=headers, method="GET").json()
    found = answer.get("result") if isinstance(answer, Mapping) else None
    if found:
        note = {"work_notes": f"{message.title}\n\n{_text(message)}"}
        address = f"{address}/{quote(str(found[0]['sys_id']), safe='')}"
        means.http.post_json(address, note, headers=headers, method="PATCH")
        return
    document = {
        "short_description": message.title[:160],
        "description": _text(message),
        "correlation_id": mark.replace("^", " "),
        "urgency": options.urgency or {4: "1", 3: "2"}.get(message.severity, "3"),
        **options.fields,
    }
    means.http.post_json(address, document, headers=headers)


def _text(message: Message) -> str:
    link = f"\n\n{message.link}" if message.link and message.link not in message.body else ""
    return message.body[:_LONGEST] + link


TICKETS: Sequence[Kind] = (
    Kind("jira", "Jira", Jira, frozenset({"token"}), _send_jira, lambda options: host_of(options.url)),
    Kind(
        "servicenow",
        "ServiceNow",
        ServiceNow,
        frozenset({"password"}),
        _send_servicenow,
        lambda options: host_of(options.url),
    ),
)
