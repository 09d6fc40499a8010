"""Lines put through decoders and rules one by one, in sessions that share what memory holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.decode.naming import target
from tocsin.decode.queues import kind_of, origin_of
from tocsin.decode.subject import Subject
from tocsin.decode.wazuhdoc import data_of, predecoder_of
from tocsin.rules.accumulator import LENT
from tocsin.rules.correlation import Correlation
from tocsin.rules.memory import Bounded
from tocsin.rules.ruleset import Ruleset

MAX_SESSIONS = 4_096
MAX_SESSION_NAME = 256
MAX_LOG_BYTES = 1024 * 1024
LOCATION = "stdin"
_MITRE = (
    ("id", "threat.technique.id"),
    ("tactic", "threat.tactic.name"),
    ("technique", "threat.technique.name"),
)


class Question(msgspec.Struct, frozen=True):
    """A line to try. `queue` and `location` as a Wazuh manager knows them."""

    log: str
    location: str = LOCATION
    session: str | int | float | bool | None = None
    queue: str = "1"


class Answer(msgspec.Struct, frozen=True):
    """What came of a line, in the words of Wazuh's alerts."""

    decoder: dict[str, str | None] | None
    """`name`, and `parent`: None unless a child with a prematch was selected."""
    rule: dict[str, Any] | None
    """`id`, `level`, `description`, `groups` and `mitre`; there for level 0 too."""
    predecoder: dict[str, str]
    data: dict[str, Any]
    session: str | int | float | bool | None = None


class _Session:
    def __init__(self, ruleset: Ruleset) -> None:
        self.memory = Correlation(ruleset, logtest=True)
        self.seq = 0


class LogTest:
    """Answers what decoders and rules make of a line. Not thread safe.

    Lines of one session share frequencies, first sights and accumulated fields; the session unused for
    longest is forgotten when there are more than `sessions`.
    """

    def __init__(self, ruleset: Ruleset, now: Callable[[], int], *, sessions: int = MAX_SESSIONS) -> None:
        """`now` gives the time of reception in microseconds."""
        self._ruleset = ruleset
        self._now = now
        self._at = 0
        self._sessions: Bounded[Any, _Session] = Bounded(sessions)

    def ask(self, question: Question) -> Answer:
        """Return the answer; raises `InvalidError` for a question that makes no sense."""
        event, subject = self.try_out(question)
        fields = event.fields
        if not subject.decoder and "error.message" in fields:
            raise InvalidError(str(fields["error.message"]))
        decoder = None
        if subject.decoder:
            name = str(fields.get("decoder.name", subject.decoder))
            decoder = {"name": name, "parent": subject.parent or None}
        hostname = str(fields.get("host.hostname", ""))
        return Answer(
            decoder,
            _rule(fields),
            predecoder_of(subject, question.log, hostname),
            data_of(subject),
            question.session,
        )

    def try_out(self, question: Question) -> tuple[Event, Subject]:
        """Return the event with its verdict and what rules saw; raises `InvalidError`."""
        session = self._session(question.session)
        session.seq += 1
        record = self._record(question, session.seq)
        try:
            subject, classified = self._ruleset.examine(record)
        except (
            Exception
        ) as error:  # a supervised edge: whatever the line broke is told, and the next one is tried
            raise InvalidError(f"analysis failed: {type(error).__name__}: {error}") from error
        event = session.memory.settle([classified])[0]
        _lend(subject, classified, event)
        return event, subject

    def alerts(self, answer: Answer, level: int) -> bool:
        """Whether the manager would write an alert: by level, unless the rule itself says."""
        rule = self._ruleset.tree.rules.get(int(answer.rule["id"])) if answer.rule else None
        if rule is None or rule.level == 0 or "no_log" in rule.options:
            return False
        return rule.level >= level or "log_alert" in rule.options

    def reset(self, session: Any = None) -> None:
        """Forget what a session remembers."""
        self._sessions.drop(_key(session))

    def _session(self, name: Any) -> _Session:
        if isinstance(name, str) and len(name) > MAX_SESSION_NAME:
            raise InvalidError(f"a session's name has at most {MAX_SESSION_NAME} characters")
        session = self._sessions.get(_key(name)) or _Session(self._ruleset)
        self._sessions.put(_key(name), session)
        return session

    def _record(self, question: Question, seq: int) -> Record:
        raw = _bytes(question.log)
        if len(raw) > MAX_LOG_BYTES:
            raise InvalidError(f"the log is longer than {MAX_LOG_BYTES} bytes")
        origin = origin_of(question.location)
        self._at = max(self._at, self._now())
        return Record(
            source="logtest",
            seq=seq,
            raw=raw,
            collected_at=self._at,
            kind=kind_of(question.queue),
            location=origin.location,
            host=origin.host,
            agent=origin.agent,
        )


def _key(name: Any) -> tuple[bool, Any]:
    """Tell a session `true` from a session `1`, which are equal in Python and two in JSON."""
    return isinstance(name, bool), name


def _bytes(text: str) -> bytes:
    """Return the text's bytes; those that were no UTF-8 come as lone surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _lend(subject: Subject, classified: Classified, event: Event) -> None:
    """Show among the values what only memory knows: what lines before lent, and what a check's result was."""
    for reading in subject.tracked.readings if subject.tracked else ():
        subject.values.update(
            (name, value) for name, value in reading.values if event.fields.get(target(name).name) == value
        )
    if classified.pending is None or classified.pending[0] is not None:
        return
    for name in LENT:
        value = event.fields.get(target(name).name)
        if value is not None and name not in subject.values:
            subject.values[name] = str(value)


def _rule(fields: dict[str, Any]) -> dict[str, Any] | None:
    if "rule.id" not in fields:
        return None
    return {
        "id": str(fields["rule.id"]),
        "level": fields["rule.level"],
        "description": fields["rule.description"],
        "groups": list(fields.get("rule.groups", [])),
        "mitre": {name: list(fields[field]) for name, field in _MITRE if field in fields},
    }
