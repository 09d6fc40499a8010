"""Texts of messages: from what happened to title and body, and digests of many."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.core.clock import to_iso
from tocsin.notify.model import LONGEST_BODY, LONGEST_TITLE, Happening, Message, severity_word

_WORDS = {
    "alert.opened": "Alert {number}",
    "alert.escalated": "Alert {number} escalated",
    "alert.assigned": "Alert {number} assigned to {assignee}",
    "alert.closed": "Alert {number} closed",
    "alert.reopened": "Alert {number} reopened",
    "case.opened": "Case {number} opened",
    "case.assigned": "Case {number} assigned to {assignee}",
    "case.closed": "Case {number} closed",
    "case.reopened": "Case {number} reopened",
}
_OVER = frozenset({"alert.closed", "case.closed"})
_LONGEST_DESCRIPTION = 4_000
_MOST_LINES = 50


def message_of(happening: Happening, base_url: str = "") -> Message:
    """Return the message about something that happened; `base_url` is where people reach the console."""
    words = _WORDS[happening.event].format(number=happening.number, assignee=happening.assignee or "nobody")
    title = f"[{severity_word(happening.severity)}] {words}: {happening.title}"
    link = link_to(base_url, happening.subject_type, happening.subject_id)
    facts = _facts(happening)
    return Message(
        key=f"{happening.event}:{happening.subject_id}:{happening.at}",
        event=happening.event,
        title=one_line(title)[:LONGEST_TITLE],
        body=_body(happening, facts, link),
        severity=happening.severity,
        at=happening.at,
        subject_type=happening.subject_type,
        subject_id=happening.subject_id,
        link=link,
        facts=facts,
        is_over=happening.event in _OVER,
        group=f"tocsin:{happening.subject_id}",
    )


def link_to(base_url: str, subject_type: str, subject_id: str) -> str:
    """Return the console's page of an alert or case; empty when nobody said where the console is."""
    return f"{base_url.rstrip('/')}/{subject_type}s/{subject_id}" if base_url and subject_id else ""


def one_line(text: str) -> str:
    """Return the text without line ends or other control characters, for subjects and headers."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def clean(text: str) -> str:
    """Return the text without control characters other than line ends and tabs."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def digest_of(messages: Sequence[Message], key: str) -> Message:
    """Return one message that stands for many; a single one comes back as it is."""
    if len(messages) == 1:
        return messages[0]
    worst = max(messages, key=lambda message: message.severity)
    lines = [f"- {message.title}" + _at_link(message) for message in messages[:_MOST_LINES]]
    if len(messages) > _MOST_LINES:
        lines.append(f"... and {len(messages) - _MOST_LINES} more")
    first, last = messages[0].at, messages[-1].at
    body = f"{len(messages)} messages, {to_iso(first)} to {to_iso(last)}:\n\n" + "\n".join(lines) + "\n"
    return msgspec.structs.replace(
        worst,
        key=key,
        title=f"[{severity_word(worst.severity)}] {len(messages)} messages, worst: {worst.title}"[
            :LONGEST_TITLE
        ],
        body=body[:LONGEST_BODY],
        facts=(("Messages", str(len(messages))),),
        form="text",
        group="",
        is_over=False,
        documents=(),
    )


def _at_link(message: Message) -> str:
    return f"\n  {message.link}" if message.link else ""


def _facts(happening: Happening) -> tuple[tuple[str, str], ...]:
    facts = [("Severity", severity_word(happening.severity))]
    if happening.rule_name:
        facts.append(("Rule", happening.rule_name))
    facts += happening.facts
    if happening.tags:
        facts.append(("Tags", ", ".join(happening.tags)))
    if happening.assignee:
        facts.append(("Assignee", happening.assignee))
    if happening.actor:
        facts.append(("By", happening.actor))
    return tuple((label, one_line(value)[:500]) for label, value in facts if value)


def _body(happening: Happening, facts: Sequence[tuple[str, str]], link: str) -> str:
    parts = ["\n".join(f"{label}: {value}" for label, value in facts)]
    description = clean(happening.description).strip()
    if len(description) > _LONGEST_DESCRIPTION:
        description = description[:_LONGEST_DESCRIPTION] + "\n[...]"
    parts += [each for each in (description, link) if each]
    return "\n\n".join(parts) + "\n"
