"""Tests of requests as senders make them."""

from __future__ import annotations

import pytest

from harness.recorder import Recorder
from tocsin.notify.errors import BarredError, DeliveryError
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP


def test_the_name_is_sent_and_the_judged_address_connected_to(web: Recorder) -> None:
    """The connection goes to the judged address, the request names the host."""
    guard = Guard(["127.0.0.0/8"], lambda _host, _port: ["127.0.0.1"])
    HTTP(guard).post_json(f"http://hooks.example.org:{web.port}/x?y=1", {"a": 1})
    (request,) = web.requests
    assert (f"hooks.example.org:{web.port}", "/x?y=1", {"a": 1}) == (
        request.headers["Host"],
        request.path,
        request.json,
    )


def test_redirects_are_not_followed(web: Recorder) -> None:
    """An answer that points elsewhere is a failure: it would lead past the judgement."""
    web.answer = lambda _: (302, {"Location": f"{web.url}/elsewhere"}, b"")
    with pytest.raises(DeliveryError) as caught:
        HTTP(Guard(["127.0.0.0/8"])).post_json(f"{web.url}/x", {})
    assert (1, True) == (len(web.requests), caught.value.permanent)


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (404, True), (408, False), (429, False), (503, False)]
)
def test_which_refusals_may_pass(web: Recorder, status: int, permanent: bool) -> None:
    """Refusals for good end a message, others are tried again when the service says."""
    web.answer = lambda _: (status, {"Retry-After": "7"}, b"no \x00 such thing")
    with pytest.raises(DeliveryError) as caught:
        HTTP(Guard(["127.0.0.0/8"])).post_json(web.url, {})
    assert (permanent, 7.0) == (caught.value.permanent, caught.value.after_s)
    assert f"the service answered {status}: no   such thing" == caught.value.message


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "https://", "http://u:p@host/", "http://h:x/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Only HTTP addresses that name a host and no login."""
    with pytest.raises(DeliveryError) as caught:
        HTTP(Guard()).post_json(url, {})
    assert caught.value.permanent


def test_loopback_is_barred_unless_allowed(web: Recorder) -> None:
    """Without leave of the settings nothing is sent to this machine."""
    with pytest.raises(BarredError):
        HTTP(Guard()).post_json(web.url, {})
    assert [] == web.requests


def test_nobody_listening_is_no_reason_to_give_up() -> None:
    """A connection refused is tried again, and its reason does not repeat the address."""
    with pytest.raises(DeliveryError) as caught:
        HTTP(Guard(["127.0.0.0/8"])).post_json("http://127.0.0.1:9/secret-path", {})
    assert "no answer from 127.0.0.1:9: Connection refused" == caught.value.message
    assert not caught.value.permanent
