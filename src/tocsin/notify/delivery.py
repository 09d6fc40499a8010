"""Deliver what waits in the outbox: each message at least once, its tries counted before they are made.

A try is written down before it begins, and its end after. Killed in between, the message is due again after
`LEASE`, with the same key; nothing is lost, and a message that kills the process is not tried for ever.
The process that writes a message wakes its delivery; what others write, and what falls due, is seen every
`POLL_S`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.errors import NotFoundError, TocsinError
from tocsin.notify.errors import DeliveryError
from tocsin.notify.model import Message
from tocsin.notify.outbox import decoded
from tocsin.notify.tables import MessageRow
from tocsin.notify.text import digest_of

log = structlog.get_logger("tocsin.notify")

LEASE = 3 * MINUTE
POLL_S = 5.0
_FIRST_WAIT = 15 * SECOND
_LONGEST_WAIT = HOUR
_LONGEST_PAUSE = 5 * MINUTE
_MOST_TOGETHER = 200
_TIDY_EVERY = 10 * MINUTE
_WORKERS = 4
_LONGEST_IDLE_S = 30.0


class Sender(Protocol):
    """Finds a channel and hands it a message."""

    def deliver(self, name: str, message: Message) -> None:
        """Send a message by a channel now; raises `DeliveryError`, `NotFoundError` when it is gone."""
        ...

    def per_minute(self, name: str) -> int:
        """Return how many messages the channel takes in a minute; 0: no bound."""
        ...


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a message is tried, and how long the outbox remembers."""

    attempts: int = 12
    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """What was delivered since the start, and what waits."""

    sent: int = 0
    failed: int = 0
    """Tries that failed, to be made again."""
    dead: int = 0
    waiting: int = 0
    dead_now: int = 0
    oldest_s: float = 0.0
    """Age of the oldest message that is due."""


@dataclass(slots=True)
class _Pause:
    failures: int = 0
    until: int = 0


@dataclass(slots=True)
class _Taken:
    """Rows whose messages go out as one."""

    rows: Sequence[MessageRow]
    attempts: int

    @property
    def ids(self) -> list[str]:
        return [row.id for row in self.rows]

    def message(self) -> Message:
        """Return the one message they make; raises `msgspec.DecodeError`."""
        key = hashlib.sha256(" ".join(self.ids).encode()).hexdigest()[:32]
        return digest_of([decoded(row) for row in self.rows], f"digest:{key}")


class Delivery:
    """Works the outbox off. One thread calls `run`; `step` does one round in the caller's."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        clock: Clock,
        effort: Effort | None = None,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._effort = effort or Effort()
        self._refresh = refresh
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._pauses: dict[str, _Pause] = {}
        self._busy: dict[str, Future[int]] = {}
        self._again: set[str] = set()
        self._looked_at = 0
        self._tidied_at = 0
        self._stopping = threading.Event()
        self.ready = threading.Event()
        """Set after the first round of `run`: channels and routes have been read."""
        self.figures = Figures()

    def notify(self) -> None:
        """Say that there may be something to send."""
        self._wake.set()

    def resume(self, channel: str) -> None:
        """Try a channel again at once that is left alone after a failure."""
        self._pauses.pop(channel, None)
        self.notify()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; a channel that hangs does not hold up the others."""
        wait, self._stopping = POLL_S, stop
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="notify") as pool:
            while not stop.is_set():
                try:
                    self._refresh()
                    self._hand_out(pool)
                    if self._clock.now() - self._looked_at >= POLL_S * SECOND:
                        self._look()
                    wait = POLL_S
                except Exception as error:  # noqa: BLE001 - supervised edge: logged, tried again
                    log.error(  # noqa: TRY400 - a database away says enough in one line
                        "outbox_failed", error=f"{type(error).__name__}: {error}"[:300]
                    )
                    wait = min(wait * 2, _LONGEST_IDLE_S)
                self.ready.set()
                self._wake.wait(wait)
                self._wake.clear()

    def step(self) -> int:
        """Deliver what is due now; returns how many messages ended, sent or dead."""
        self._refresh()
        ended = sum(self.drain(channel) for channel in self._due_channels())
        self._look()
        return ended

    def _hand_out(self, pool: ThreadPoolExecutor) -> None:
        self._busy = {name: future for name, future in self._busy.items() if not future.done()}
        for channel in self._due_channels():
            if channel in self._busy:
                self._again.add(channel)
                if self._busy[channel].done():  # since it was looked at above
                    self._ended(channel)
            else:
                self._busy[channel] = pool.submit(self._supervised, channel)
                self._busy[channel].add_done_callback(partial(self._ended, channel))

    def _ended(self, channel: str, _work: Future[int] | None = None) -> None:
        """Look again at a channel for which something came while it was worked at."""
        if channel in self._again:
            self._again.discard(channel)
            self.notify()

    def _supervised(self, channel: str) -> int:
        try:
            return self.drain(channel)
        except Exception:  # supervised edge: the messages are due again after their lease
            log.exception("channel_failed", channel=channel)
            return 0

    def _due_channels(self) -> list[str]:
        now = self._clock.now()
        with self._database.read() as tx:
            query = select(MessageRow.channel).where(MessageRow.status == "waiting", MessageRow.due_at <= now)
            found = list(tx.scalars(query.distinct().limit(1_000)))
        return [name for name in found if self._pause(name).until <= now]

    def drain(self, channel_name: str) -> int:
        """Send what is due to a channel, until it fails or has had its share of the minute."""
        ended = 0
        while not self._stopping.is_set() and (taken := self._take(channel_name)) is not None:
            failure = self._try(channel_name, taken)
            with self._database.write() as tx:
                ended += self._note(tx, taken, failure)
            if failure is not None and not failure.permanent:
                self._pause_after(channel_name, failure)
                break
            self._pauses.pop(channel_name, None)
        return ended

    def _try(self, channel_name: str, taken: _Taken) -> DeliveryError | None:
        """Send; returns the failure, if it is one."""
        if taken.attempts > self._effort.attempts:  # no try was ever ended, or it would be dead
            return DeliveryError("the platform ended in the middle of every try", permanent=True)
        try:
            self._sender.deliver(channel_name, taken.message())
        except DeliveryError as error:
            return error
        except msgspec.DecodeError as error:  # of another version of the platform
            return DeliveryError(f"the message cannot be read: {error}", permanent=True)
        except NotFoundError as error:
            return DeliveryError(error.message, permanent=True)
        except TocsinError as error:
            return DeliveryError(error.message)
        return None

    def _take(self, channel: str) -> _Taken | None:
        """Claim the next message with those it goes out with; None when there is none to send now."""
        now = self._clock.now()
        with self._database.write() as tx:
            if self._is_sated(tx, channel, now):
                self._pauses.setdefault(channel, _Pause()).until = now + SECOND
                return None
            rows = _next(tx, channel, now)
            if not rows:
                return None
            for row in rows:
                row.attempts += 1
                row.due_at = now + LEASE
            return _Taken(rows, max(row.attempts for row in rows))

    def _is_sated(self, tx: Session, channel: str, now: int) -> bool:
        """Say whether the channel has had as many messages in the last minute as it takes."""
        most = self._sender.per_minute(channel)
        if not most:
            return False
        sent = select(func.count(func.distinct(MessageRow.sent_at))).where(
            MessageRow.channel == channel, MessageRow.sent_at > now - MINUTE
        )
        return (tx.scalar(sent) or 0) >= most

    def _note(self, tx: Session, taken: _Taken, failure: DeliveryError | None) -> int:
        """Write down how a try ended; returns how many messages ended with it."""
        now = self._clock.now()
        rows = list(tx.scalars(select(MessageRow).where(MessageRow.id.in_(taken.ids))))
        is_dead = failure is not None and (failure.permanent or taken.attempts >= self._effort.attempts)
        for row in rows:
            row.error = "" if failure is None else failure.message[:1_000]
            if failure is None:
                row.status, row.sent_at, row.ended_at = "sent", now, now
            elif is_dead:
                row.status, row.ended_at = "dead", now
            else:
                row.due_at = now + _wait(taken.attempts, failure)
        self._count(len(rows), failure, is_dead=is_dead)
        if failure is not None:
            log.warning(
                "message_dead" if is_dead else "message_failed",
                channel=rows[0].channel if rows else "",
                attempts=taken.attempts,
                error=failure.message[:300],
            )
        return len(rows) if failure is None or is_dead else 0

    def _count(self, number: int, failure: DeliveryError | None, *, is_dead: bool) -> None:
        with self._lock:
            was = self.figures
            self.figures = replace(
                was,
                sent=was.sent + (number if failure is None else 0),
                failed=was.failed + (number if failure is not None and not is_dead else 0),
                dead=was.dead + (number if is_dead else 0),
            )

    def _pause(self, channel: str) -> _Pause:
        return self._pauses.get(channel) or _Pause()

    def _pause_after(self, channel: str, failure: DeliveryError) -> None:
        """Leave a channel alone after a failure, the longer the more there were: all its messages wait."""
        pause = self._pauses.setdefault(channel, _Pause())
        pause.failures += 1
        wait = min(2 * SECOND * 2 ** min(pause.failures, 10), _LONGEST_PAUSE)
        pause.until = self._clock.now() + max(wait, round(failure.after_s * SECOND))

    def _look(self) -> None:
        """Take stock of what waits, and forget what ended long ago."""
        now = self._looked_at = self._clock.now()
        with self._database.read() as tx:
            query = select(MessageRow.status, func.count()).where(MessageRow.status != "sent")
            counts = {row[0]: row[1] for row in tx.execute(query.group_by(MessageRow.status))}
            oldest = tx.scalar(
                select(func.min(MessageRow.created_at)).where(
                    MessageRow.status == "waiting", MessageRow.due_at <= now + LEASE
                )
            )
        with self._lock:
            self.figures = replace(
                self.figures,
                waiting=counts.get("waiting", 0),
                dead_now=counts.get("dead", 0),
                oldest_s=max(0, now - oldest) / SECOND if oldest else 0.0,
            )
        if now - self._tidied_at >= _TIDY_EVERY:
            self._tidied_at = now
            self._tidy(now)

    def _tidy(self, now: int) -> None:
        with self._database.write() as tx:
            old = select(MessageRow.id).where(MessageRow.ended_at < now - self._effort.keep_days * DAY)
            found = list(tx.scalars(old.limit(5_000)))
            if found:
                tx.execute(delete(MessageRow).where(MessageRow.id.in_(found)))


def _next(tx: Session, channel: str, now: int) -> Sequence[MessageRow]:
    """Return the message that is due longest, with those of its gathering, locked.

    Another process that wants the same one waits for this transaction and then finds it taken.
    """
    due = (
        select(MessageRow)
        .where(MessageRow.channel == channel, MessageRow.status == "waiting", MessageRow.due_at <= now)
        .with_for_update()
    )
    order = (MessageRow.due_at, MessageRow.created_at, MessageRow.id)
    first = tx.scalar(due.order_by(*order).limit(1))
    if first is None:
        return []
    if not first.gather:
        return [first]
    together = due.where(MessageRow.gather == first.gather).order_by(MessageRow.created_at, MessageRow.id)
    return list(tx.scalars(together.limit(_MOST_TOGETHER)))


def _wait(attempts: int, failure: DeliveryError) -> int:
    """Return how long a message waits for its next try: 15 s, doubled each time, at most an hour."""
    wait: int = min(_FIRST_WAIT << min(attempts - 1, 16), _LONGEST_WAIT)
    return max(wait, round(failure.after_s * SECOND))
