"""Tests of what goes by Apprise."""

from __future__ import annotations

import pytest

from harness.recorder import Recorder
from tocsin.core.errors import InvalidError
from tocsin.notify.errors import BarredError, DeliveryError
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP
from tocsin.notify.kinds import Means, kind_named
from unit.notify.conftest import Send, a_message


def test_a_message_reaches_a_service_by_its_address(web: Recorder, send: Send) -> None:
    """Apprise's form of an address is enough: here a JSON receiver and a Matrix room's webhook."""
    send("apprise", a_message(), url=f"json://127.0.0.1:{web.port}/in")
    (request,) = web.requests
    assert "[high] Alert 7: SSH brute force" == request.json["title"]
    assert "Many failures" in request.json["message"]


def test_the_host_of_an_address_is_judged(web: Recorder) -> None:
    """An address that names a host of our own goes nowhere without leave."""
    kind = kind_named("apprise")
    with pytest.raises(BarredError):
        kind.send(kind.read({"url": f"json://127.0.0.1:{web.port}/"}), a_message(), Means(HTTP(Guard())))
    assert [] == web.requests


def test_redirects_are_not_followed_even_when_asked(web: Recorder, send: Send) -> None:
    """An address cannot switch redirects on."""
    web.answer = lambda _: (302, {"Location": f"{web.url}/elsewhere"}, b"")
    with pytest.raises(DeliveryError):
        send("apprise", a_message(), url=f"json://127.0.0.1:{web.port}/?redirect=yes")
    assert 1 == len(web.requests)


@pytest.mark.parametrize(
    "url",
    [
        "syslog://",
        "dbus://",
        "windows://",
        "nonsense://x",
        "mailto://u:p@example.org?pgpkey=/etc/passwd",
        "no address",
    ],
)
def test_what_would_act_on_this_machine_is_refused(url: str) -> None:
    """Services of this machine, files of this machine and addresses nobody can read make no channel."""
    with pytest.raises(InvalidError):
        kind_named("apprise").read({"url": url})


def test_a_failure_says_why(web: Recorder, send: Send) -> None:
    """What Apprise logs is the reason."""
    web.answer = lambda _: (500, {}, b"")
    with pytest.raises(DeliveryError, match="500"):
        send("apprise", a_message(), url=f"json://127.0.0.1:{web.port}/")
