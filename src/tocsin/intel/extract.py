"""Find the values worth looking at in free text and in an event."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from tocsin.core.addresses import is_documentation
from tocsin.core.event import Event
from tocsin.intel.kinds import Kind
from tocsin.intel.recognise import Recognised, Recogniser, refang

TYPED_FIELDS: tuple[tuple[str, Kind], ...] = (
    ("source.ip", "ip"),
    ("destination.ip", "ip"),
    ("client.ip", "ip"),
    ("server.ip", "ip"),
    ("url.full", "url"),
    ("url.original", "url"),
    ("url.domain", "domain"),
    ("destination.domain", "domain"),
    ("source.domain", "domain"),
    ("dns.question.name", "domain"),
    ("file.hash.sha256", "hash"),
    ("file.hash.sha1", "hash"),
    ("file.hash.md5", "hash"),
    ("process.hash.sha256", "hash"),
    ("process.hash.sha1", "hash"),
    ("process.hash.md5", "hash"),
    ("email.from.address", "email"),
    ("user.name", "user"),
    ("user.effective.name", "user"),
    ("source.user.name", "user"),
    ("host.name", "host"),
    ("file.path", "path"),
    ("process.executable", "path"),
)
"""Fields of an event that hold a value of a known kind, the most telling first."""

TEXT_FIELDS = ("process.command_line", "message")
MAX_TEXT = 65_536
MAX_OBSERVABLES = 200

_IPV4 = r"\b\d{1,3}(?:(?:\.|\[\.\]|\(\.\))\d{1,3}){3}(?:/\d{1,2})?\b"
_TOKENS = (
    r"(?i)\b(?:https?|hxxps?|ftp|tcp|udp|ssh)(?::|\[:\])//[^\s\"'<>|`\\^{}]+",
    r"\b[0-9a-fA-F]{128}\b|\b[0-9a-fA-F]{96}\b|\b[0-9a-fA-F]{64}\b|\b[0-9a-fA-F]{40}\b|\b[0-9a-fA-F]{32}\b",
    r"(?i)\bCVE-\d{4}-\d{4,19}\b",
    r"[A-Za-z0-9._%+-]{1,64}(?:@|\[@\]|\[at\])(?:[A-Za-z0-9-]{1,63}(?:\.|\[\.\])){1,8}[A-Za-z]{2,24}",
    r"\b(?:[A-Za-z0-9_-]{1,63}(?:\.|\[\.\]|\(\.\)|\[dot\])){1,10}[A-Za-z][A-Za-z0-9-]{1,23}\b",
    _IPV4,
    r"\b(?:[0-9a-fA-F]{1,4}:){1,7}(?:(?::[0-9a-fA-F]{1,4}){1,7}|[0-9a-fA-F]{1,4}|:)(?:/\d{1,3})?",
    r"::[0-9a-fA-F:]{1,38}(?:/\d{1,3})?",
)
_REVERSED = ("com.", "org.", "net.", "edu.", "gov.")
"""How names of software start (`com.example.app`), and names of hosts practically never."""

_TRAILING = ".,;:!?)]}'\""


@dataclass(frozen=True, slots=True)
class Observable:
    """A value seen in an event. `is_private`: it belongs to us or to no one, such as 10.0.0.1."""

    kind: Kind
    value: str
    field: str
    is_private: bool = False


class Extractor:
    """Finds values in text and events. `own` are networks and domains of the operator. Thread safe."""

    def __init__(
        self,
        recogniser: Recogniser,
        own_networks: Iterable[str] = (),
        own_domains: Iterable[str] = (),
    ) -> None:
        self.recogniser = recogniser
        self._own_networks = [ipaddress.ip_network(network, strict=False) for network in own_networks]
        self._own_domains = tuple(domain.lower().strip(".") for domain in own_domains)
        options = re2.Options()
        options.log_errors = False
        self._ipv4 = re2.compile(_IPV4, options)
        self._pattern = re2.compile("|".join(f"(?:{token})" for token in _TOKENS), options)

    def in_text(self, text: str) -> list[Recognised]:
        """Return the distinct values in the first 64 KiB of a text, in order of appearance.

        A value that another holds, such as the host of a URL, is not given again.
        """
        found: dict[Recognised, None] = {}
        for match in self._pattern.finditer(text[:MAX_TEXT]):
            token = match.group(0)
            value = self.recogniser.recognise(_trimmed(token))
            if value is None and (inner := self._ipv4.search(token)):  # `1.2.3.4.Failed`
                value = self.recogniser.recognise(_trimmed(inner.group(0)))
            if value and not (value.kind == "domain" and value.value.startswith(_REVERSED)):
                found.setdefault(value)
        return list(found)

    def observables_of(self, event: Event) -> list[Observable]:
        """Return the event's observables: from its typed fields first, then from its texts; at most 200."""
        found: dict[tuple[str, str], Observable] = {}
        for observable in self._candidates(event):
            found.setdefault((observable.kind, observable.value), observable)
            if len(found) >= MAX_OBSERVABLES:
                break
        return list(found.values())

    def is_private(self, kind: str, value: str) -> bool:
        """Say whether an address or name is the operator's own, private or reserved."""
        if kind == "ip":
            parsed = ipaddress.ip_address(value)
            own = any(parsed in network for network in self._own_networks)
            return own or not (parsed.is_global or is_documentation(parsed))
        if kind in {"domain", "host"}:
            return any(value == own or value.endswith(f".{own}") for own in self._own_domains)
        return False

    def _candidates(self, event: Event) -> Iterator[Observable]:
        for name, kind in TYPED_FIELDS:
            for text in _texts(event.fields.get(name)):
                found = self.recogniser.read(kind, text)
                if found and not (kind == "url" and "://" not in text):
                    yield self._observable(found, name)
        own_host = str(event.fields.get("host.name", "")).lower()
        for name in TEXT_FIELDS:
            text = event.message if name == "message" else str(event.fields.get(name, ""))
            for found in self.in_text(text):
                if found.value != own_host:
                    yield self._observable(found, name)

    def _observable(self, found: Recognised, field: str) -> Observable:
        return Observable(found.kind, found.value, field, self.is_private(found.kind, found.value))


def _trimmed(token: str) -> str:
    """Cut punctuation that ends a sentence rather than the value; keep a bracket the token opened."""
    text = refang(token)
    while text and text[-1] in _TRAILING:
        if text[-1] in ")]" and text.count("(["[text[-1] == "]"]) >= text.count(text[-1]):
            break
        if text.endswith("::"):
            break  # the end of an IPv6 address
        text = text[:-1]
    return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
