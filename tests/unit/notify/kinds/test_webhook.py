"""Tests of webhooks."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from harness.recorder import Recorder
from tocsin.core.errors import InvalidError
from tocsin.notify.kinds import kind_named
from unit.notify.conftest import Send, a_message


def test_a_webhook_is_signed_and_carries_the_key(web: Recorder, send: Send) -> None:
    """The other side can check who sent it and tell repeats."""
    send("webhook", a_message(), url=f"{web.url}/in", secret="s3cret", headers={"Authorization": "Bearer x"})
    (request,) = web.requests
    stamp, _, digest = request.headers["X-Tocsin-Signature"].partition(",v1=")
    signed = stamp.removeprefix("t=").encode() + b"." + request.body
    assert hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest() == digest
    assert "alert.opened:alert_1:5" == request.headers["X-Tocsin-Key"] == request.json["key"]
    assert "Bearer x" == request.headers["Authorization"]
    assert {"type": "alert", "id": "alert_1"} == request.json["subject"]
    assert {"Severity": "high", "Host": "web-1"} == request.json["facts"]


def test_documents_are_sent_one_by_one(web: Recorder, send: Send) -> None:
    """A hook that wants matches gets each alone, each with a key of its own."""
    message = a_message(documents=({"a": 1}, {"a": 2}))
    send("webhook", message, url=web.url, content="documents")
    assert [{"a": 1}, {"a": 2}] == [request.json for request in web.requests]
    assert 2 == len({request.headers["X-Tocsin-Key"] for request in web.requests})


@pytest.mark.parametrize("headers", [{"X": "a\r\nB: c"}, {"X Y": "a"}, {"X:": "a"}])
def test_headers_bring_no_others(headers: dict[str, str]) -> None:
    """A header's value cannot end the header."""
    with pytest.raises(InvalidError):
        kind_named("webhook").read({"url": "https://x/", "headers": headers})


def test_gelf_gets_a_record(web: Recorder, send: Send) -> None:
    """Title, text, level of syslog, facts as fields."""
    send("gelf", a_message(), url=f"{web.url}/gelf")
    sent = web.requests[0].json
    assert ("1.1", 3, "web-1", "[high] Alert 7: SSH brute force") == tuple(
        sent[name] for name in ("version", "level", "_host", "short_message")
    )
