"""An event as the document Wazuh 4 writes to `alerts.json` and its indexer keeps in `wazuh-alerts-*`.

Source of the form: Wazuh 4's documentation and public samples of its alerts. What a log says is text there,
with numbers as its rules see them; our event keeps the types. Differences that remain: a JSON null is left
out, and `timestamp` is the event's own time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from hashlib import blake2b
from typing import Any

import orjson

from tocsin.core.clock import SECOND, to_datetime
from tocsin.core.event import Event, Value
from tocsin.rules.alert_data import log_data, text_of
from tocsin.rules.alert_syscheck import SYSCHECK_DECODER, syscheck_of
from tocsin.rules.verdict import COMPLIANCE

Document = dict[str, Any]
MANAGER_ID = "000"
_CLASSIC_HEADER = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S")
_COMPLIANCE_OF_CHECK = "data.sca.check.compliance."
_LOCATIONS = {
    "windows_eventchannel": "EventChannel",
    "rootcheck": "rootcheck",
    "sca": "sca",
    "syscollector": "syscollector",
    "ciscat": "wodle_cis-cat",
}


def _no_options(_: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class AlertDocuments:
    """Makes documents. `manager` is what `manager.name` says; `zone` is that of `timestamp`."""

    manager: str
    zone: tzinfo = UTC
    mail_level: int = 12
    """From this level on `rule.mail` is true."""
    options: Callable[[str], frozenset[str]] = _no_options
    """Returns the options of the rule with an identifier, such as `no_full_log`."""

    def document(self, event: Event) -> Document:
        """Return the event's document; an event without a verdict has no `rule`, as in `archives.json`."""
        fields = event.fields
        options = self.options(str(fields.get("rule.id", "")))
        document: Document = {"timestamp": self._time(event.at)}
        if "rule.id" in fields:
            document["rule"] = self._rule(fields, options)
        document["agent"] = self._agent(fields)
        document["manager"] = {"name": self.manager}
        document["id"] = alert_id(event)
        predecoder = _predecoder(event)
        if predecoder:
            document["predecoder"] = predecoder
        document["decoder"] = _named(fields, {"name": "decoder.name", "parent": "decoder.parent"})
        document |= _content(event, full_log="no_full_log" not in options)
        earlier = "previous_output" if "previous_output" in fields else "previous_log"
        document |= _named(fields, {"previous_output": earlier, "previous_log": "previous_log"})
        return document

    def _time(self, at: int) -> str:
        moment = to_datetime(at).astimezone(self.zone)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"

    def _rule(self, fields: Mapping[str, Value], options: frozenset[str]) -> Document:
        names = ("level", "description", "id", "frequency", "firedtimes")
        rule = _named(fields, {name: f"rule.{name}" for name in names})
        by_level = int(str(rule.get("level", 0))) >= self.mail_level
        rule["mail"] = (by_level or "alert_by_email" in options) and "no_email_alert" not in options
        for name, field in (("cve", "rule.cve"), ("info", "rule.info")):
            if field in fields:
                rule[name] = ", ".join(map(str, _list(fields[field])))
        for name in ("groups", *COMPLIANCE):
            if f"rule.{name}" in fields or name == "groups":
                rule[name] = _list(fields.get(f"rule.{name}", []))
        for field, value in fields.items():
            if field.startswith(_COMPLIANCE_OF_CHECK):
                name = field.removeprefix(_COMPLIANCE_OF_CHECK)
                rule[name] = [part.strip() for item in _list(value) for part in text_of(item).split(",")]
        techniques = {"id": "technique.id", "tactic": "tactic.name", "technique": "technique.name"}
        mitre = {
            name: _list(fields[f"threat.{field}"])
            for name, field in techniques.items()
            if f"threat.{field}" in fields
        }
        return {**rule, "mitre": mitre} if mitre else rule

    def _agent(self, fields: Mapping[str, Value]) -> Document:
        if "agent.id" not in fields:
            return {"id": MANAGER_ID, "name": self.manager}
        agent = _named(fields, {"id": "agent.id", "name": "agent.name", "ip": "host.ip"})
        if isinstance(agent.get("ip"), list):
            agent["ip"] = agent["ip"][0]
        labels = {
            name.removeprefix("agent.labels."): value
            for name, value in fields.items()
            if name.startswith("agent.labels.")
        }
        return {**agent, "labels": labels} if labels else agent


def alert_id(event: Event) -> str:
    """Return `seconds.counter`, always the same: the counter is made from the event's identifier."""
    digest = blake2b(event.id.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return f"{event.received_at // SECOND}.{int.from_bytes(digest)}"


def _content(event: Event, *, full_log: bool) -> Document:
    """Return what the event says: `data` or `syscheck`, `full_log` and `location`."""
    fields = event.fields
    decoder = str(fields.get("decoder.name", ""))
    content: Document = {}
    data: Document = {}
    if decoder.startswith(SYSCHECK_DECODER):
        content["syscheck"] = syscheck_of(fields)
    else:
        data = log_data(fields, decoder)
        if data:
            content["data"] = data
    if full_log:
        content["full_log"] = _full_log(event, data)
    is_fim = decoder.startswith(SYSCHECK_DECODER)
    content["location"] = str(
        fields.get("log.file.path") or ("syscheck" if is_fim else _LOCATIONS.get(decoder, event.source))
    )
    return content


def _full_log(event: Event, data: Mapping[str, Any]) -> str:
    """Return the text; of a Windows event it is the JSON its decoder makes of it."""
    if event.fields.get("decoder.name") == "windows_eventchannel" and "win" in data:
        return orjson.dumps({"win": data["win"]}).decode()
    return event.message


def _predecoder(event: Event) -> Document:
    fields = event.fields
    if "predecoder.timestamp" not in fields:
        return {}
    found = _named(fields, {"program_name": "process.name", "timestamp": "predecoder.timestamp"})
    if _CLASSIC_HEADER.match(event.message) and "host.hostname" in fields:
        found["hostname"] = fields["host.hostname"]
    return found


def _named(fields: Mapping[str, Value], names: Mapping[str, str]) -> Document:
    return {name: fields[field] for name, field in names.items() if field in fields}


def _list(value: Value) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
