"""The conditions that upstream has as compiled functions, by the names rules call them."""

from __future__ import annotations

from tocsin.decode.subject import Subject
from tocsin.rules.model import Test

_CRAWLERS = (
    *("66.249.", "72.14.", "209.85."),  # Google
    *("65.52.", "65.53.", "65.54.", "65.55.", "207.46.", "157.55."),  # Bing
)


def is_simple_http_request(subject: Subject) -> bool:
    """Whether the URL has no query."""
    url = subject.values.get("url")
    return url is not None and (url == "/" or "?" not in url)


def is_valid_crawler(subject: Subject) -> bool:
    """Whether the log begins with an address that large search engines crawl from."""
    return subject.log.startswith(_CRAWLERS)


def users_differ(subject: Subject) -> bool:
    """Whether source and target user are both known and not the same."""
    source, target = subject.values.get("srcuser"), subject.values.get("dstuser")
    return source is not None and target is not None and source != target


COMPILED: dict[str, Test] = {
    "is_simple_http_request": is_simple_http_request,
    "is_valid_crawler": is_valid_crawler,
    "comp_srcuser_dstuser": users_differ,
}
