"""From a record to the subject rules look at, and from the subject to the event.

The letters by which Wazuh names its queues are these kinds of `Record`: `1` and `2` are `line`, `3`
`hostinfo`, `8` `syscheck`, `9` `rootcheck`, `d` `syscollector`, `e` `ciscat`, `f` `winevent`, `p` `sca`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tocsin.core.clock import DAY, MILLISECOND, SECOND
from tocsin.core.event import Event, Value
from tocsin.core.fields import MESSAGE, TIME_REFUSED
from tocsin.core.record import Record
from tocsin.decode.beats import envelope_of, line_of, says_more, windows_event_of, without_line
from tocsin.decode.builtin.readers import MODULE_DECODERS, READERS
from tocsin.decode.decoders import Decoders
from tocsin.decode.findings import OTHER_DECODERS, put_finding
from tocsin.decode.jsondoc import JSONOptions, parse_object, put_document
from tocsin.decode.naming import readable, renamed
from tocsin.decode.predecode import predecode
from tocsin.decode.second_stage import SecondStage
from tocsin.decode.subject import MAX_ANALYSED_BYTES, Subject
from tocsin.decode.timestamps import Timestamps
from tocsin.decode.winevent import ECS, read_winevent
from tocsin.decode.winevent_json import is_winevent

BUILT_IN = frozenset({"json", "windows_eventchannel", *MODULE_DECODERS, *OTHER_DECODERS.values()})
"""Names of decoders that exist without a file; rules may name them in `<decoded_as>`."""
_JSON_TIMES = ("@timestamp", "timestamp", "time", "ts", "eventTime", "date")
_JSON_TIME_KEYS = tuple(name.lower() for name in _JSON_TIMES)
_MAX_TIME_TEXT = 40
_OPTIONS = JSONOptions()


class Analyst:
    """Decodes records of every kind. Thread safe; needs nothing but the decoders."""

    def __init__(self, decoders: Decoders, second_stage: SecondStage | None = None) -> None:
        self._decoders = decoders
        self._second_stage = second_stage
        self._timestamps = Timestamps()

    def decode(self, record: Record, *, keep_names: bool = False) -> tuple[Subject, Event]:
        """Return what rules look at and the event without a verdict.

        What cannot be decoded gives an event that says why in `error.message`. With `keep_names` the
        subject's `written` holds the fields' names as decoders write them.
        """
        raw = record.raw
        log = _analysed(raw)
        subject = Subject(log)
        if keep_names:
            subject.written = {}
        subject.location, subject.agent = record.location, record.agent
        at = self._line(subject, record) if record.kind == "line" else self._document(subject, record)
        wrote = subject.hostname
        if record.host:
            subject.hostname = record.host  # rules ask for the agent's name, whatever the line says
        event = _event(record, subject, at, wrote)
        subject.at = event.at
        return subject, event

    def _line(self, subject: Subject, record: Record) -> int | None:
        predecode(subject)
        self._decoders.run(subject)
        if self._second_stage is not None:
            self._second_stage.run(subject)
        if subject.timestamp:
            return self._stated(subject, subject.timestamp, record)
        if subject.log.startswith("{"):
            return self._stated_in_values(subject, record)
        at = self._timestamps.within(subject.log, record.collected_at)
        if at is None and subject.log[:1].isdigit():  # only times with a year can be beyond belief
            refused = self._timestamps.refused(subject.log, record.collected_at)
            if refused:
                subject.fields[TIME_REFUSED] = refused
        return at

    def _stated_in_values(self, subject: Subject, record: Record) -> int | None:
        """Return the time that a log in JSON states under one of the usual names."""
        values = subject.values
        for name in _JSON_TIME_KEYS:
            text = values.get(name)
            if text:
                at = self._stated(subject, text[:_MAX_TIME_TEXT], record)
                if at is not None:
                    return at
        return None

    def _document(self, subject: Subject, record: Record) -> int | None:
        try:
            if record.kind == "winevent":
                return self._windows(subject, read_winevent(record.raw), record)
            reader = READERS.get(record.kind)
            if reader is not None:
                return self._moment(reader(subject, record.raw), record.collected_at)
            document = parse_object(record.raw)
            if record.kind == "finding":
                self._finding(subject, record, document)
                return None
            if is_winevent(document):
                return self._windows(subject, read_winevent(record.raw), record)
            windows = windows_event_of(document)
            if windows is not None:
                return self._winlogbeat(subject, windows, document, record)
            line = line_of(document, record.source)
            if line is not None:
                return self._shipped(subject, line, document, record)
            return self._json(subject, record, document)
        except ValueError as error:
            subject.fields["error.message"] = f"cannot be decoded as {record.kind}: {error}"
            return None

    def _finding(self, subject: Subject, record: Record, document: Mapping[str, Any]) -> None:
        put_finding(subject, document, record.host)
        if subject.log.startswith(("ossec: ", "wazuh: ")):
            self._decoders.run(subject)  # what an agent says of itself is read from its text

    def _shipped(
        self, subject: Subject, line: str, document: Mapping[str, Any], record: Record
    ) -> int | None:
        """Read the line that a Beat or Logstash ships as if it had come by itself, and keep what they add."""
        written = _as_bytes(line)
        subject.rewrite(written.rstrip("\r\n"))
        subject.message = readable(written)
        at = self._line(subject, record)
        self._enclose(subject, line, document)
        if not subject.decoder and says_more(document):
            subject.decoder = "json"
        return self._stated_at(document, record) if at is None else at

    def _winlogbeat(
        self, subject: Subject, windows: dict[str, Any], document: Mapping[str, Any], record: Record
    ) -> int | None:
        at = self._windows(subject, windows, record)
        text = str(windows["win"]["system"].get("message", ""))
        subject.message = readable(_as_bytes(text))
        self._enclose(subject, text, document)
        return self._stated_at(document, record) if at is None else at

    def _enclose(self, subject: Subject, line: str, document: Mapping[str, Any]) -> None:
        """Keep what encloses a line; the names its decoders found stand."""
        values, fields = dict(subject.values), dict(subject.fields)
        put_document(subject, without_line(document, line), _OPTIONS)
        subject.values.update(values)
        subject.fields.update(fields)
        host, path = map(_as_bytes, envelope_of(document))
        if host:
            wrote, subject.hostname = subject.hostname, host
            subject.fields.setdefault("host.name", readable(host))
            if wrote:
                subject.fields["host.hostname"] = readable(wrote)
        if path:
            subject.location = path
            subject.fields["log.file.path"] = readable(path)

    def _windows(self, subject: Subject, document: dict[str, Any], record: Record) -> int | None:
        subject.decoder, subject.category = "windows_eventchannel", "ossec"
        subject.rewrite(orjson.dumps(document).decode("latin-1"))
        put_document(subject, document, _OPTIONS)
        for name, field in ECS.items():
            value = subject.values.get(name.lower())
            if value is not None and field not in subject.fields:
                renamed(name, field).store(
                    subject.fields, _decimal(value) if field.endswith("pid") else value
                )
        return self._stated(subject, subject.values.get("win.system.systemtime", ""), record)

    def _stated(self, subject: Subject, text: str, record: Record) -> int | None:
        """Return the time a text states; one beyond belief is noted and the time of reception taken."""
        at = self._timestamps.of(text, record.collected_at)
        if at is None:
            claimed = self._timestamps.claimed(text, record.collected_at)
            if claimed is not None:
                subject.fields[TIME_REFUSED] = readable(text)[:_MAX_TIME_TEXT]
        return at

    def _json(self, subject: Subject, record: Record, document: Mapping[str, Any]) -> int | None:
        if len(record.raw) <= MAX_ANALYSED_BYTES:
            subject.document = document
        self._decoders.run(subject)
        if not subject.decoder:
            subject.decoder = "json"
        if not subject.values:
            put_document(subject, document, _OPTIONS)
        said = document.get(MESSAGE)
        if isinstance(said, str) and said.strip():
            subject.message = readable(_as_bytes(said))
        return self._stated_at(document, record)

    def _stated_at(self, document: Mapping[str, Any], record: Record) -> int | None:
        for name in _JSON_TIMES:
            at = self._moment(document.get(name), record.collected_at)
            if at is not None:
                return at
        return None

    def _moment(self, value: Any, collected_at: int) -> int | None:
        if isinstance(value, str):
            return self._timestamps.of(value[:_MAX_TIME_TEXT], collected_at)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e14:
            # Seconds would be of the year 5138 and later: Elasticsearch's clients send milliseconds.
            at = int(value * SECOND) if value < 1e11 else int(value * MILLISECOND)
            return at if at <= collected_at + DAY else None
        return None


def quarantined(record: Record, reason: str) -> Event:
    """Return the event of a record that analysis failed on, saying why."""
    subject = Subject(_analysed(record.raw))
    subject.location, subject.agent, subject.hostname = record.location, record.agent, record.host
    subject.fields["error.message"] = reason
    return _event(record, subject, None)


def _analysed(raw: bytes) -> str:
    return raw[:MAX_ANALYSED_BYTES].decode("latin-1").rstrip("\r\n")


def _as_bytes(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


def _decimal(text: str) -> str:
    try:
        return str(int(text, 16)) if text.startswith("0x") else text
    except ValueError:
        return text


def _event(record: Record, subject: Subject, at: int | None, wrote: str = "") -> Event:
    raw, fields = record.raw, subject.fields
    _put_header(fields, record, subject, wrote)
    plain = raw.isascii() and not subject.message
    message = subject.message or (raw.decode("ascii") if plain else raw.decode("utf-8", "replace"))
    return Event(
        source=record.source,
        seq=record.seq,
        at=record.collected_at if at is None else at,
        received_at=record.collected_at,
        message=message,
        fields=fields,
        raw=None if plain or message.encode() == raw else raw,
    )


def _put_header(fields: dict[str, Value], record: Record, subject: Subject, wrote: str) -> None:
    fields["event.source"] = record.source
    if subject.decoder:
        fields["decoder.name"] = subject.decoder
    if subject.parent:
        fields["decoder.parent"] = subject.parent
    if subject.program:
        fields["process.name"] = readable(subject.program)
    if subject.pid and len(subject.pid) < 19:
        fields["process.pid"] = int(subject.pid)
    # The collector's name for a host is the same for all it finds there; the line's own may differ.
    host, wrote = record.host or readable(wrote), readable(wrote) or record.host
    if host:
        # A forwarded document knows its host better than whoever forwards it.
        fields.setdefault("host.hostname", wrote)
        fields.setdefault("host.name", host)
    if subject.timestamp:
        fields["predecoder.timestamp"] = readable(subject.timestamp)
    if record.location and (record.kind != "json" or subject.location == record.location):
        fields["log.file.path"] = record.location
    if record.agent:
        fields["agent.id"] = record.agent
        if record.host:
            fields["agent.name"] = record.host
