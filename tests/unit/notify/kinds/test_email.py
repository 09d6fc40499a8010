"""Tests of mail, against a real server on loopback."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from harness.certificates import self_signed
from harness.mailbox import mail_server
from tocsin.core.errors import InvalidError
from tocsin.notify.errors import DeliveryError
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP
from tocsin.notify.kinds import Means, kind_named
from tocsin.notify.model import Message
from unit.notify.conftest import a_message

SENDER = {"sender": "tocsin@example.org", "to": ["soc@example.org"]}


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 and a server's context with it."""
    public, private = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def mail(message: Message, port: int, ca: Path | None = None, **options: object) -> None:
    kind = kind_named("email")
    given = {"host": "127.0.0.1", "port": port, **SENDER, **options}
    kind.send(kind.read(given), message, Means(HTTP(Guard(["127.0.0.0/8"]), ca=ca)))


def test_a_mail_is_sent_over_an_encrypted_line_with_a_login(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """STARTTLS, the login, then the mail: headers, recipients with hidden ones, text."""
    public, context = certificate
    with mail_server(context=context, password="pw") as box:
        mail(
            a_message(title="a\nb"),
            box.port,
            public,
            user="bot",
            password="pw",
            cc=["c@x.org"],
            bcc=["b@x.org"],
        )
    (sent,), (envelope,) = box.mails, box.envelopes
    assert ["bot"] == box.logins
    assert ["soc@example.org", "c@x.org", "b@x.org"] == envelope.rcpt_tos
    assert ("a b", "soc@example.org", "c@x.org", None) == tuple(
        sent[name] for name in ("Subject", "To", "Cc", "Bcc")
    )
    assert "Many failures from 192.0.2.1" in sent.get_content()  # type: ignore[attr-defined]
    assert "auto-generated" == sent["Auto-Submitted"]


def test_the_same_message_is_the_same_mail(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """A message sent twice has one Message-ID, another of the alert refers to the same thread."""
    public, context = certificate
    with mail_server(context=context) as box:
        for message in (a_message(), a_message(), a_message(key="other")):
            mail(message, box.port, public)
    first, again, other = box.mails
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"]


def test_tls_from_the_start(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """`tls` speaks TLS before anything else."""
    public, context = certificate
    with mail_server(context=context, implicit=True) as box:
        mail(a_message(), box.port, public, security="tls")
    assert 1 == len(box.mails)


def test_a_certificate_nobody_vouches_for_is_no_encryption(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """A server whose certificate cannot be checked gets neither login nor mail."""
    _, context = certificate
    with mail_server(context=context, password="pw") as box, pytest.raises(DeliveryError, match="encrypted"):
        mail(a_message(), box.port, None, user="bot", password="pw")
    assert ([], []) == (box.logins, box.mails)


def test_no_login_in_the_clear_and_no_mail_without_the_encryption_asked_for() -> None:
    """A server without STARTTLS gets no password, and no mail unless `auto` or `none` was chosen."""
    with mail_server() as box:
        with pytest.raises(DeliveryError, match="no STARTTLS"):
            mail(a_message(), box.port)
        with pytest.raises(DeliveryError, match="in the clear"):
            mail(a_message(), box.port, security="auto", user="bot", password="pw")
        mail(a_message(), box.port, security="auto")
        mail(a_message(to="one@example.org"), box.port, security="none")
    assert [["soc@example.org"], ["one@example.org"]] == [each.rcpt_tos for each in box.envelopes]


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such user", True), ("451 greylisted", False)])
def test_which_refusals_may_pass(answer: str, permanent: bool) -> None:
    """A refusal for good ends the message, one for now is tried again."""
    with mail_server() as box:
        box.refuse = answer
        with pytest.raises(DeliveryError) as caught:
            mail(a_message(), box.port, security="none")
    assert permanent == caught.value.permanent
    assert answer.split(maxsplit=1)[0] in caught.value.message


def test_a_wrong_password_ends_the_message(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """Trying a wrong password again helps nobody."""
    public, context = certificate
    with mail_server(context=context, password="pw") as box, pytest.raises(DeliveryError) as caught:
        mail(a_message(), box.port, public, user="bot", password="wrong")
    assert caught.value.permanent


def test_html_is_said_to_be_html(certificate: tuple[Path, ssl.SSLContext]) -> None:
    """A message in HTML is sent as such."""
    with mail_server() as box:
        mail(a_message(form="html", body="<b>x</b>"), box.port, security="none")
    assert "text/html" == box.mails[0].get_content_type()


@pytest.mark.parametrize("address", ["a@b\r\nBcc: x@y", "a b@c", "a", "a@b, c@d"])
def test_addresses_bring_no_headers(address: str) -> None:
    """What is not one address is refused when the channel is made."""
    with pytest.raises(InvalidError):
        kind_named("email").read({"host": "h", "sender": "a@b.c", "to": [address]})
