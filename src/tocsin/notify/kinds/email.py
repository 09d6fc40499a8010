"""Mail by SMTP: encrypted where the server can, a login only over an encrypted line."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import msgspec

from tocsin.core.clock import to_datetime
from tocsin.notify.errors import DeliveryError
from tocsin.notify.kinds.base import Attached, Kind, Means
from tocsin.notify.model import LONGEST_BODY, Message
from tocsin.notify.text import clean, one_line

_TIMEOUT_S = 15.0
_PORTS = {"tls": 465, "starttls": 587, "auto": 25, "none": 25}
Address = Annotated[str, msgspec.Meta(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$", max_length=254)]
Addresses = Annotated[tuple[Address, ...], msgspec.Meta(max_length=100)]


class Email(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mail server, the sender and the recipients."""

    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253, description="The mail server.")]
    sender: Annotated[Address, msgspec.Meta(description="Address the mail comes from.")]
    to: Annotated[
        Addresses, msgspec.Meta(description="Addresses; empty: only for mail to single persons.")
    ] = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    reply_to: Annotated[str, msgspec.Meta(pattern=r"^(|[^\s@<>,;]+@[^\s@<>,;]+)$", max_length=254)] = ""
    security: Annotated[
        Literal["starttls", "tls", "auto", "none"],
        msgspec.Meta(description="auto encrypts when the server offers it; starttls and tls insist."),
    ] = "starttls"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535, description="0: 587, 465 with tls, 25 without.")] = 0
    user: Annotated[str, msgspec.Meta(max_length=254, description="Login, if the server wants one.")] = ""
    password: str = ""


class _Judged(smtplib.SMTP):
    """Connects to the address that was judged and keeps the name for the certificate."""

    def __init__(self, address: str, host: str, port: int, **more: Any) -> None:
        self._judged = address
        super().__init__(host, port, timeout=_TIMEOUT_S, **more)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host
        return socket.create_connection((self._judged, port), timeout)


class _JudgedTLS(smtplib.SMTP_SSL, _Judged):
    """The same, encrypted from the start: the parent wraps what `_Judged` connects."""

    def __init__(self, address: str, host: str, port: int, context: ssl.SSLContext) -> None:
        self._judged = address
        smtplib.SMTP_SSL.__init__(self, host, port, timeout=_TIMEOUT_S, context=context)


def _send(options: Email, message: Message, means: Means) -> None:
    recipients = [message.to] if message.to else [*options.to, *options.cc, *options.bcc]
    if not recipients:
        raise DeliveryError("the mail has no recipient", permanent=True)
    try:
        with _connected(options, means) as server:
            server.send_message(_mail(options, message, means.attached), options.sender, recipients)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(code, said) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPException as error:
        raise DeliveryError(f"the mail server broke off: {error}") from error
    except ssl.SSLError as error:
        raise DeliveryError(f"no encrypted line to {options.host}: {error.reason or error}") from error
    except OSError as error:
        raise DeliveryError(f"no answer from {options.host}: {error.strerror or error}") from error


def _connected(options: Email, means: Means) -> smtplib.SMTP:
    port = options.port or _PORTS[options.security]
    address = means.guard.address_of(options.host, port, trusted=means.http.trusted)
    context = ssl.create_default_context(cafile=str(means.http.ca) if means.http.ca else None)
    if options.security == "tls":
        server: smtplib.SMTP = _JudgedTLS(address, options.host, port, context)
    else:
        server = _Judged(address, options.host, port)
    try:
        encrypted = options.security == "tls" or _encrypt(options, server, context)
        if options.user:
            _log_in(options, server, encrypted=encrypted)
    except BaseException:
        server.close()
        raise
    return server


def _log_in(options: Email, server: smtplib.SMTP, *, encrypted: bool) -> None:
    if not encrypted:
        raise DeliveryError("a login over a line in the clear is not made", permanent=True)
    server.login(options.user, options.password)


def _encrypt(options: Email, server: smtplib.SMTP, context: ssl.SSLContext) -> bool:
    server.ehlo_or_helo_if_needed()
    if options.security == "none":
        return False
    if not server.has_extn("starttls"):
        if options.security == "starttls":
            raise DeliveryError(f"{options.host} offers no STARTTLS", permanent=True)
        return False
    server.starttls(context=context)
    server.ehlo()
    return True


def _mail(options: Email, message: Message, attached: Attached | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = one_line(message.title)
    mail["From"] = options.sender
    mail["To"] = message.to or ", ".join(options.to) or "undisclosed-recipients:;"
    if options.cc and not message.to:
        mail["Cc"] = ", ".join(options.cc)
    if options.reply_to:
        mail["Reply-To"] = options.reply_to
    mail["Date"] = format_datetime(to_datetime(message.at))
    # Of the key: a mail that comes twice is the same mail to whoever reads it.
    mail["Message-ID"] = f"<{_digest(message.key)}@tocsin>"
    if message.group:
        mail["References"] = f"<{_digest(message.group)}@tocsin>"
    mail["Auto-Submitted"] = "auto-generated"
    text = clean(message.body)[:LONGEST_BODY]
    if message.form == "html":
        mail.set_content(text, subtype="html")
    else:
        mail.set_content(text)
    if attached is not None:
        main, _, sub = attached.media.partition("/")
        name = one_line(attached.name)
        mail.add_attachment(attached.content, maintype=main, subtype=sub, filename=name)
    return mail


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _refused(code: int, said: bytes | str) -> DeliveryError:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return DeliveryError(f"the mail server answered {code}: {one_line(words)[:300]}", permanent=code >= 500)


MAIL: Sequence[Kind] = (
    Kind(
        "email",
        "E-mail",
        Email,
        frozenset({"password"}),
        _send,
        lambda options: (options.host,),
        takes_files=True,
    ),
)
