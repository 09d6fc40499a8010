"""A real mail server on loopback, with STARTTLS and logins when asked."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """What came."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuse: str = ""
    """What recipients are answered instead of being taken."""

    @property
    def mails(self) -> list[Message]:
        """The mails, read."""
        return [message_from_bytes(bytes(each.content or b""), policy=default) for each in self.envelopes]


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - the name the server looks for
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._box.refuse:
            return self._box.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._box.envelopes.append(envelope)
        return "250 OK"


@contextmanager
def mail_server(
    *, context: ssl.SSLContext | None = None, password: str = "", implicit: bool = False
) -> Iterator[Mailbox]:
    """Run a server; with a context it offers STARTTLS, or `implicit` speaks TLS from the start.

    With a password it wants a login, over an encrypted line.
    """
    box = Mailbox()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        box.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == password, handled=False)

    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0}
    if password:
        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": not implicit}
    if context is not None:
        options["ssl_context" if implicit else "tls_context"] = context
    controller = _Controller(_Handler(box), **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


class _Controller(Controller):
    """Takes a free port: the class itself wants to know it before."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
