"""A rule that watches the log, compiled: what every reader of rules makes and the engine runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tocsin.core.detection import RuleKind
from tocsin.core.errors import Location
from tocsin.core.event import Event, Value
from tocsin.core.severity import Severity
from tocsin.detect.correlation import Correlation
from tocsin.detect.kinds.settings import KindSettings, PollSettings
from tocsin.detect.wording import Wording
from tocsin.query.tree import Node

KEY_FIELDS = (
    "source.ip",
    "server.port",
    "user.name",
    "file.path",
    "process.executable",
    "host.name",
    "host.hostname",
    "agent.name",
)
"""An alert without a key of its own groups by the first of these that its event has."""

MAX_KEY = 512
"""A group key longer than this is cut: it is a label, and attackers choose it."""


@dataclass(frozen=True, slots=True)
class Window:
    """`count` events of one key within less than `span` microseconds make one match."""

    count: int
    span: int


@dataclass(frozen=True, slots=True)
class Title:
    """Words of an alert's title: `{}` or `{0}` stands for the value of the field in `fields`."""

    template: str
    fields: tuple[str, ...] = ()


Mode = Literal["exact", "compat"]
"""Event by event, or on ElastAlert's grid of polls with its quirks."""


@dataclass(frozen=True, slots=True)
class Notify:
    """A service a rule's author wants told. `options` may be shown: secrets are left out."""

    service: str
    means: str
    """alert (our own), message, ticket, or record for what needs nothing."""
    options: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The options as they are written, never shown."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a rule of ElastAlert's kinds watches: mode, kind, polls and silences, words."""

    mode: Mode
    kind: KindSettings
    poll: PollSettings
    wording: Wording
    include: tuple[str, ...] = ()
    """The fields a match keeps; empty: all."""
    told_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Options of the rule that its matches carry, under the names they have there."""
    told_once: bool = False
    """Only the first match of an alert carries them."""
    notify: tuple[Notify, ...] = ()
    notes: tuple[str, ...] = ()
    """Where the other mode would answer otherwise."""
    takes_whole: bool = field(init=False)
    """It sees an event's document as it is: nothing is filled in, nothing left out."""

    def __post_init__(self) -> None:
        """Derive what follows from the rest."""
        compounds = len(self.kind.key_fields) > 1 or len(self.poll.aggregation_fields) > 1
        whole = not compounds and (not self.include or "*" in self.include)
        object.__setattr__(self, "takes_whole", whole)


@dataclass(frozen=True, slots=True)
class WatchRule:
    """One rule. `matches` decides on one event; `window` says how many such events it takes."""

    id: str
    name: str
    kind: RuleKind
    version: str
    severity: int
    node: Node
    matches: Callable[[Event], bool]
    location: Location
    text: str = field(repr=False)
    """As it is written, secrets and all."""
    description: str = ""
    title: Title | None = None
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    key_fields: tuple[str, ...] = ()
    """With several, the key is their values joined by `, `. Empty: the first present of `KEY_FIELDS`."""
    grouped: bool = True
    """False: all matches share one group."""
    window: Window | None = None
    realert: int = 0
    """After a match, further matches of the same key are dropped for so many microseconds of event time."""
    replaces: tuple[str, ...] = ()
    """Analysis rules that open no alert by their level while this rule is on, because it says it better."""
    watch: Watch | None = None
    """With it, the rule is run by its kind; without, every event that `matches` counts by `window`."""
    enabled: bool = True
    """What the rule's own text says; the operator's switch is kept in the database."""
    level: str = ""
    """The severity in the rule's own words, such as Sigma's `informational`."""
    status: str = ""
    """How far its makers trust it: Sigma's `stable`, `test`, `experimental`, `deprecated`, `unsupported`."""
    logsource: str = ""
    """Sigma's `product/category/service`, `*` for what is left open."""
    reference: str = ""
    """The name by which other rules may refer to it, beside its identifier."""
    scope: Node | None = None
    """The part of `node` that says which logs it is about; None when nothing of it does so alone."""
    correlation: Correlation | None = None
    """With it, the rule matches no event: it watches for matches of other rules."""
    alerts: bool = True
    """False: its matches open no alert and only feed the correlation rules that name it."""


def version_of(text: str) -> str:
    """Return the version of a rule: the first 16 hexadecimal digits of its text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def level_of(rule: WatchRule) -> str:
    """Return how severe the rule is in words: its own, else those of its severity."""
    return rule.level or Severity(rule.severity).name.lower()


def text_of(value: Value | None) -> str:
    """Return a field's value as people read it; a list shows its elements, absence nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(text_of(element) for element in value)
    return str(value)


def group_of(rule: WatchRule, event: Event) -> tuple[str, str]:
    """Return the field and the value the event's alert groups by; both empty for a single group.

    With fields named by the rule, a missing value reads `None`, as ElastAlert groups it.
    """
    if not rule.grouped:
        return "", ""
    if rule.key_fields:
        values = [text_of(event.fields.get(name)) or "None" for name in rule.key_fields]
        return ",".join(rule.key_fields), ", ".join(values)[:MAX_KEY]
    for name in KEY_FIELDS:
        if value := text_of(event.fields.get(name)):
            return name, value[:MAX_KEY]
    return "", ""


def title_of(rule: WatchRule, event: Event) -> str:
    """Return the alert's title: the template filled in, else the rule's name."""
    if rule.title is None:
        return rule.name
    text = rule.title.template
    for position, name in enumerate(rule.title.fields):
        value = text_of(event.fields.get(name)) or "?"
        marker = f"{{{position}}}"
        text = text.replace(marker, value) if marker in text else text.replace("{}", value, 1)
    return text[:300]
