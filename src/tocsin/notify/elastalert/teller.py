"""Write down what a rule tells, and find the channel again when it is sent.

A rule's secrets stay in the rule: the outbox keeps the name `rule:ID/SERVICE#N`, and the channel is made of
the rule as it stands when the message is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.clock import Clock
from tocsin.core.detection import RuleNotice, Service
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.notify.channels import PER_MINUTE, Channel
from tocsin.notify.elastalert.given import Given, Sending
from tocsin.notify.elastalert.services import SERVICES
from tocsin.notify.errors import BarredError, DeliveryError
from tocsin.notify.kinds import kind_named
from tocsin.notify.model import LONGEST_TITLE, Message
from tocsin.notify.outbox import Outbox, Posting
from tocsin.notify.text import one_line

PREFIX = "rule:"
ServicesOf = Callable[[str], Sequence[Service]]
"""Given a rule's id, the services it names; raises `NotFoundError` when the rule is gone."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What the operator allows of what rules tell by themselves."""

    on: bool = False
    hosts: tuple[str, ...] = ()
    """Patterns of hosts; for services that Apprise reaches at their makers', `SCHEMA://`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options that rules may leave out."""


class RuleTeller:
    """Takes what rules tell. Thread safe."""

    def __init__(self, outbox: Outbox, clock: Clock, leave: Leave, services_of: ServicesOf) -> None:
        self._outbox = outbox
        self._clock = clock
        self._leave = leave
        self._services_of = services_of

    def tell(self, tx: Session, notice: RuleNotice) -> None:
        """Write a message for each service of the rule, when the operator allows it."""
        if not self._leave.on:
            return
        message = _message(notice)
        for place, service in enumerate(notice.services):
            if service.name not in SERVICES:
                continue
            for number in range(self._count(service, message)):
                name = f"{PREFIX}{notice.rule_id}/{service.name}#{place}.{number}"
                self._outbox.put(tx, message, Posting(name[:300], self._clock.now(), route="rule"))

    def _count(self, service: Service, message: Message) -> int:
        """Return to how many places a service goes; what cannot be read is one, whose failure says why."""
        try:
            return len(self._sendings(service, message))
        except InvalidError:
            return 1

    def _sendings(self, service: Service, message: Message) -> list[Sending]:
        options = {**self._leave.options, **service.options}
        document = message.documents[0] if message.documents else {}
        return list(SERVICES[service.name](Given(options, message, document)))

    def resolve(self, name: str, message: Message) -> tuple[Channel, Message]:
        """Return the channel a name stands for and the message as it gets it; raises `DeliveryError`."""
        rule_id, _, rest = name.removeprefix(PREFIX).rpartition("/")
        service_name, _, place = rest.partition("#")
        at, _, number = place.partition(".")
        try:
            service = self._service(rule_id, int(at), service_name)
            sending = self._sendings(service, message)[int(number)]
            return self._channel(name, sending), sending.message
        except (IndexError, ValueError, NotFoundError) as error:
            raise DeliveryError("the rule does not tell this service any more", permanent=True) from error
        except InvalidError as error:
            raise DeliveryError(error.message, permanent=True) from error

    def _service(self, rule_id: str, place: int, name: str) -> Service:
        service = self._services_of(rule_id)[place]
        if service.name != name:  # the rule was edited since
            raise NotFoundError(f"the rule tells {service.name} there")
        return service

    def _channel(self, name: str, sending: Sending) -> Channel:
        kind = kind_named(sending.kind)
        options = kind.read(sending.options)
        for host in kind.hosts(options):
            if not any(fnmatchcase(host.lower(), each.lower()) for each in self._leave.hosts):
                raise BarredError(f"rules may not tell {host}: add it to notify.hosts to allow it")
        shown, secret = kind.parted(sending.options)
        # The operator has named the host: it may stand in a network of ours.
        return Channel(name, kind, options, shown, tuple(secret), per_minute=PER_MINUTE, of_settings=True)


def _message(notice: RuleNotice) -> Message:
    return Message(
        key=notice.key,
        event="rule",
        title=one_line(notice.title)[:LONGEST_TITLE],
        body=notice.body,
        severity=notice.severity,
        at=notice.at,
        subject_type="alert",
        subject_id=notice.alert_id,
        documents=tuple(_plain(each) for each in notice.documents),
    )


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a match as plain values; what JSON has no form for becomes text."""
    plain: dict[str, Any] = msgspec.to_builtins(dict(document), enc_hook=str)
    return plain
