"""The conditions that upstream has as compiled functions, by the names rules call them."""

from __future__ import annotations

import re

from tocsin.decode.subject import Subject
from tocsin.rules.model import Test

_CRAWLERS = (
    *("66.249.", "72.14.", "209.85."),  # Google
    *("65.55.", "207.46."),  # Bing
    *("74.6.", "72.30.", "67.195."),  # Yahoo
)
_LONG_ID = 10
_TARGET_USER = re.compile(r"Target (?:User|Account) Name:\s+(\S+)")
_CALLER_USER = re.compile(r"Caller User Name:\s+(\S+)")


def is_simple_http_request(subject: Subject) -> bool:
    """Whether the URL has no query."""
    url = subject.values.get("url")
    return url is not None and (url == "/" or "?" not in url)


def is_valid_crawler(subject: Subject) -> bool:
    """Whether the log begins with an address that large search engines crawl from."""
    return subject.log.startswith(_CRAWLERS)


def users_agree(subject: Subject) -> bool:
    """Whether source and target user are the same, or one of them is not known."""
    source, target = subject.values.get("srcuser"), subject.values.get("dstuser")
    return source is None or target is None or source == target


def has_long_id(subject: Subject) -> bool:
    """Whether the id has ten bytes or more."""
    return len(subject.values.get("id", "")) >= _LONG_ID


def windows_users_differ(subject: Subject) -> bool:
    """Whether a Windows event in plain text names a target user and another calling user."""
    target, caller = _TARGET_USER.search(subject.log), _CALLER_USER.search(subject.log)
    return target is not None and caller is not None and target.group(1) != caller.group(1)


COMPILED: dict[str, Test] = {
    "is_simple_http_request": is_simple_http_request,
    "is_valid_crawler": is_valid_crawler,
    "comp_srcuser_dstuser": users_agree,
    "check_id_size": has_long_id,
    "comp_mswin_targetuser_calleruser_diff": windows_users_differ,
}
