"""The public face of notify: what happened goes in, messages go out, and people look after both."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.sealing import Seal
from tocsin.notify.book import ChannelBook
from tocsin.notify.channels import PER_MINUTE, Channel, Directory, Preference, read_directory
from tocsin.notify.delivery import Delivery, Effort
from tocsin.notify.elastalert.teller import PREFIX, RuleTeller
from tocsin.notify.errors import DeliveryError
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP
from tocsin.notify.kinds import Means
from tocsin.notify.kinds.base import Attached
from tocsin.notify.model import LONGEST_TITLE, Happening, Message
from tocsin.notify.outbox import Outbox, Posting
from tocsin.notify.personal import Personal
from tocsin.notify.ports import Files
from tocsin.notify.routes import Judged, judge
from tocsin.notify.text import link_to, message_of, one_line

_REFRESH_EVERY = 5 * SECOND
LARGEST_FILE = 10 << 20
"""What mail servers usually take; of a larger file, the link is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator says about telling people."""

    base: Directory = field(default_factory=Directory)
    """The channels and routes of the settings."""
    url: str = ""
    """Where people reach the console; for links."""
    personal: str = ""
    """The e-mail channel by which people are told what concerns them."""
    private: tuple[str, ...] = ()
    """Networks of our own that channels of the console may reach."""
    ca: Path | None = None
    effort: Effort = field(default_factory=Effort)


class Notifications:
    """Tells people. Thread safe; methods that take a transaction only write what shall be sent."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        seal: Seal,
        *,
        settings: Settings | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._seal = seal
        self.settings = settings or Settings()
        self._guard = guard or Guard(self.settings.private)
        self._lock = threading.Lock()
        self._directory = self.settings.base
        self._read_at = 0
        self.delivery = Delivery(database, self, clock, self.settings.effort, self.refresh)
        self.outbox = Outbox(clock, audit, self.delivery.notify)
        self.personal = Personal(clock, audit)
        self.book = ChannelBook(
            clock, audit, seal, base=self.settings.base, directory=lambda: self._directory
        )
        self.rules: RuleTeller | None = None
        """What sends for rules that tell services by themselves; set by the composition root."""
        self.files: Files | None = None
        """Where files are kept that go along with messages; set by the composition root."""

    @property
    def directory(self) -> Directory:
        """Channels and routes as last read: changes of another process show after five seconds."""
        return self._directory

    def refresh(self, *, now: bool = False) -> None:
        """Read channels and routes again, when it was some time ago or at once."""
        at = self._clock.now()
        if not now and at - self._read_at < _REFRESH_EVERY:
            return
        with self._lock, self._database.read() as tx:
            self._directory = read_directory(tx, self.settings.base, self._seal)
            self._read_at = at

    def tell(self, tx: Session, happening: Happening) -> int:
        """Write the messages that routes and people want of it; returns how many. Sends nothing yet."""
        now = self._clock.now()
        message: Message | None = None
        written = 0
        for judged in self.judged(happening, now):
            if not judged.matches:
                continue
            message = message or message_of(happening, self.settings.url)
            for channel in judged.channels:
                posting = Posting(channel, judged.due_at, judged.route, judged.gather)
                written += self.outbox.put(tx, message, posting) is not None
        return written + self._tell_person(tx, happening, now)

    @property
    def listens(self) -> bool:
        """Say whether anybody wants to be told of anything that happens."""
        return bool(self._directory.routes or self._directory.preferences)

    def judged(self, happening: Happening, now: int | None = None) -> list[Judged]:
        """Say of every route whether it tells of something, and why."""
        at = self._clock.now() if now is None else now
        return [judge(name, route, happening, at) for name, route in self._directory.routes.items()]

    def explained(self, happening: Happening) -> list[Judged]:
        """Like `judged`, with the mail to the person it is assigned to."""
        return [*self.judged(happening), *self._personally(happening)]

    def _tell_person(self, tx: Session, happening: Happening, now: int) -> int:
        preference = self._wanted(happening)
        if preference is None:
            return 0
        message = message_of(happening, self.settings.url)
        message = msgspec.structs.replace(
            message, to=preference.address, key=f"{message.key}:{preference.login}"
        )
        posting = Posting(self.settings.personal, now, route="personal")
        return int(self.outbox.put(tx, message, posting) is not None)

    def _wanted(self, happening: Happening) -> Preference | None:
        """Return the preference of the person it concerns, unless they did it themselves."""
        preference = self._directory.preferences.get(happening.assignee)
        if not self.settings.personal or preference is None or happening.actor == happening.assignee:
            return None
        return preference if happening.event in preference.events else None

    def _personally(self, happening: Happening) -> list[Judged]:
        preference = self._wanted(happening)
        if preference is None:
            return []
        reason = f"{preference.login} wants mail about {happening.event}"
        return [Judged("personal", True, (reason,), (self.settings.personal,), self._clock.now(), "")]

    def post(self, tx: Session, channels: Sequence[str], message: Message) -> list[str]:
        """Write a message to channels by name, past the routes; raises `InvalidError` for unknown ones."""
        names = [self._directory.known(name) for name in channels]
        if not message.link:
            link = link_to(self.settings.url, message.subject_type, message.subject_id)
            message = msgspec.structs.replace(message, link=link)
        message = msgspec.structs.replace(message, title=one_line(message.title)[:LONGEST_TITLE])
        now = self._clock.now()
        return [name for name in names if self.outbox.put(tx, message, Posting(name, now)) is not None]

    def channel(self, name: str) -> Channel:
        """Return a channel; raises `NotFoundError`."""
        return self._directory.channel(name)

    def deliver(self, name: str, message: Message) -> None:
        """Send a message by a channel's name; raises `DeliveryError`, `NotFoundError`."""
        if name.startswith(PREFIX):
            if self.rules is None:
                raise DeliveryError("rules tell nobody here", permanent=True)
            channel, message = self.rules.resolve(name, message)
        else:
            channel = self.channel(name)
        if not channel.enabled:
            raise DeliveryError("the channel is switched off", permanent=True)
        self.send(channel, message)

    def per_minute(self, name: str) -> int:
        """Return how many messages a channel takes in a minute; 0: no bound."""
        found = self._directory.channels.get(name)
        return PER_MINUTE if found is None else found.per_minute

    def send(self, channel: Channel, message: Message) -> None:
        """Send a message now; raises `DeliveryError`, whose text holds no secret."""
        if channel.options is None:
            raise DeliveryError(f"the channel cannot be used: {channel.problem}", permanent=True)
        means = Means(HTTP(self._guard, channel.of_settings, self.settings.ca))
        if message.attachment is not None:
            message, means = self._with_file(channel, message, means)
        try:
            channel.kind.send(channel.options, message, means)
        except DeliveryError as error:
            clean = _without(error.message, channel)
            raise DeliveryError(clean, permanent=error.permanent, after_s=error.after_s) from None

    def _with_file(self, channel: Channel, message: Message, means: Means) -> tuple[Message, Means]:
        """Return what is sent with the file along, or with a word why it is not."""
        wanted = message.attachment
        if wanted is None or not channel.kind.takes_files:
            return message, means
        content = self.files.content(wanted.id) if self.files else None
        if content is not None and len(content) <= LARGEST_FILE:
            return message, replace(means, attached=Attached(wanted.name, wanted.media, content))
        why = "is no longer kept" if content is None else "is too large for a mail: follow the link"
        return msgspec.structs.replace(message, body=f"{message.body}\nThe file {why}.\n"), means

    def mail_to(self, tx: Session, login: str, message: Message) -> bool:
        """Write a message to a person by mail; False when they are not reached by it."""
        preference = self._directory.preferences.get(login)
        if not self.settings.personal or preference is None:
            return False
        message = msgspec.structs.replace(message, to=preference.address, key=f"{message.key}:{login}")
        posting = Posting(self.settings.personal, self._clock.now(), route="personal")
        return self.outbox.put(tx, message, posting) is not None

    def test(self, name: str, actor: Actor, to: str = "") -> None:
        """Send a message that says it is a test, at once; raises `DeliveryError`."""
        now = self._clock.now()
        message = Message(
            key=f"test:{name}:{now}",
            event="test",
            title=f"Test of the channel {name}",
            body=f"This is a test from Tocsin, asked for by {actor}. Nothing has happened.\n",
            severity=1,
            at=now,
            to=to,
        )
        self.refresh(now=True)
        channel = self.channel(name)
        with self._database.write() as tx:
            self._audit.record(tx, actor, "test", kind="channel", subject=name)
        self.send(channel, message)


def _without(text: str, channel: Channel) -> str:
    """Return an error without the channel's secrets: services repeat what they were sent."""
    values: list[str] = []
    for name in channel.kind.secrets:
        value = getattr(channel.options, name, "")
        values += [str(each) for each in value.values()] if isinstance(value, Mapping) else [str(value)]
    for value in sorted((each for each in values if len(each) >= 4), key=len, reverse=True):
        text = text.replace(value, "***")
    return text
