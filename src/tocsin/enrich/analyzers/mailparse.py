"""Read an e-mail of unknown content: the child's side of the e-mail analyzer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from tocsin.enrich.base import AnalysisError

MAX_MAIL_BYTES = 32 << 20
MAX_PARTS = 200
MAX_DEPTH = 20
_MAX_TEXT = 256 * 1024
_MAX_HEADERS = 200
_MAX_VALUE = 2_000
_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_HREF = re.compile(r"""(?:href|src|action)\s*=\s*["']?([^"'\s>]{4,2000})""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def inspect_mail(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers, addresses, results of SPF, DKIM and DMARC, texts and attachments of a message."""
    path = Path(str(request["path"]))
    size = path.stat().st_size
    if size > MAX_MAIL_BYTES:
        raise AnalysisError(f"the message has {size} bytes, {MAX_MAIL_BYTES} are allowed")
    try:
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    except (MessageError, ValueError, LookupError) as error:
        raise AnalysisError(f"not a message: {error}") from error
    if not any(name in message for name in ("from", "received", "subject")):
        raise AnalysisError("not a message: it has neither From, Received nor Subject")
    parts = list(_parts(message, 0))[:MAX_PARTS]
    return {
        "headers": _headers(message),
        "addresses": {
            name: _addresses(message, name)
            for name in ("from", "sender", "reply-to", "return-path", "to", "cc")
        },
        "received": [_value(value) for value in message.get_all("received", [])[:50]],
        "results": _results(message),
        "text": "\n".join(_texts(parts))[:_MAX_TEXT],
        "attachments": [_attachment(part) for part in parts if _is_attachment(part)],
        "parts": len(parts),
    }


def _parts(message: EmailMessage, depth: int) -> Iterator[EmailMessage]:
    if depth > MAX_DEPTH:
        raise AnalysisError(f"parts are nested more than {MAX_DEPTH} deep")
    if message.is_multipart():
        payload = message.get_payload()
        for part in payload if isinstance(payload, list) else []:
            if isinstance(part, EmailMessage):
                yield from _parts(part, depth + 1)
    else:
        yield message


def _value(value: object) -> str:
    return " ".join(str(value).split())[:_MAX_VALUE]


def _headers(message: EmailMessage) -> list[list[str]]:
    return [[name, _safe(message, name, value)] for name, value in message.raw_items()][:_MAX_HEADERS]


def _safe(message: EmailMessage, name: str, raw: object) -> str:
    """Return a header decoded; one that the parser chokes on as it stands."""
    try:
        return _value(message.policy.header_fetch_parse(name, str(raw)))
    except (ValueError, IndexError, AttributeError, TypeError, LookupError, MessageError):
        return _value(raw)


def _addresses(message: EmailMessage, name: str) -> list[str]:
    raw = [_safe(message, header, value) for header, value in message.raw_items() if header.lower() == name]
    return [address.lower() for _, address in getaddresses(raw)[:100] if "@" in address]


def _results(message: EmailMessage) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, value in message.raw_items():
        if header.lower() in {"authentication-results", "received-spf", "arc-authentication-results"}:
            text = _value(value)
            if header.lower() == "received-spf":
                found.setdefault("spf", text.split(" ", 1)[0].lower())
            for check, result in _RESULT.findall(text):
                found.setdefault(check.lower(), result.lower())
    return found


def _content(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _texts(parts: list[EmailMessage]) -> Iterator[str]:
    for part in parts:
        if part.get_content_maintype() == "text" and not _is_attachment(part):
            text = _content(part)[:_MAX_TEXT].decode(_charset(part), "replace")
            if part.get_content_subtype() == "html":
                yield "\n".join(_HREF.findall(text))
                text = _TAG.sub(" ", text)
            yield text


def _charset(part: EmailMessage) -> str:
    name = part.get_content_charset("utf-8")
    try:
        b"".decode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return name


def _is_attachment(part: EmailMessage) -> bool:
    return bool(_filename(part)) or part.get_content_maintype() not in {"text", "multipart"}


def _filename(part: EmailMessage) -> str:
    try:
        return _value(part.get_filename() or "")
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return "unreadable"


def _attachment(part: EmailMessage) -> dict[str, Any]:
    content = _content(part)
    return {
        "name": _filename(part),
        "content_type": part.get_content_type(),
        "size_bytes": len(content),
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
