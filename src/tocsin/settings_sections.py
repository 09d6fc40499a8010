"""The tables of `tocsin.toml`, one class each; every setting has a default, an unknown one is refused."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HTTPSettings(_Section):
    """Where the console, the API and the agents reach the platform."""

    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65535)
    certificate: Path | None = None
    """PEM file with the certificate chain; with `key`, the platform speaks HTTPS."""
    key: Path | None = None


class SyslogSettings(_Section):
    """The syslog receiver; a port of 0 keeps it off."""

    host: str = "127.0.0.1"
    udp_port: int = Field(default=0, ge=0, le=65535)
    tcp_port: int = Field(default=0, ge=0, le=65535)
    tls_port: int = Field(default=0, ge=0, le=65535)
    """For syslog over TLS, by custom 6514; needs a certificate."""
    certificate: Path | None = None
    """PEM file with the certificate chain."""
    key: Path | None = None
    client_ca: Path | None = None
    """PEM file of authorities: over TLS, only senders with a certificate of theirs are let in."""

    @model_validator(mode="after")
    def _is_whole(self) -> SyslogSettings:
        if (self.tls_port or self.key or self.client_ca) and not self.certificate:
            raise ValueError("tls_port, key and client_ca need a certificate")
        return self


class BeatsSettings(_Section):
    """The receiver for Filebeat, Winlogbeat, Logstash and their like; a port of 0 keeps it off."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """Beats and Logstash use 5044 by custom."""
    certificate: Path | None = None
    """PEM file with the certificate chain; with `key`, senders must speak TLS."""
    key: Path | None = None
    client_ca: Path | None = None
    """PEM file of authorities: only senders with a certificate of theirs are let in, and named by it."""
    idle_s: int = Field(default=300, ge=10, le=86_400)
    """A connection that is silent for so long is closed."""

    @model_validator(mode="after")
    def _is_whole(self) -> BeatsSettings:
        if (self.key or self.client_ca) and not self.certificate:
            raise ValueError("key and client_ca need a certificate")
        return self


class IngestSettings(_Section):
    """How records become events."""

    workers: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1), ge=0, le=64)
    """Worker processes for analysis, started when there is much to do; 0 works in the server itself."""
    oldest_days: int = Field(default=3_653, ge=1, le=36_500)
    """An event that claims to be older than this when it is read gets the time of its reception, except
    from an imported file."""
    ahead_hours: int = Field(default=24, ge=1, le=24)
    """Likewise for an event that claims to be of a later time."""


class EventClassSettings(_Section):
    """Events of a query, and for how many days they are kept; 0 keeps them for ever."""

    query: str = Field(min_length=1, max_length=16_384)
    days: int = Field(ge=0, le=36_500)


class StoreSettings(_Section):
    """The event log: embedded in files of this machine, or on an OpenSearch or Elasticsearch cluster."""

    kind: Literal["duckdb", "opensearch"] = "duckdb"
    """Where the log is kept. `tocsin store migrate` moves the history."""
    memory_limit: str = Field(default="256MB", pattern=r"^[1-9][0-9]{0,8}(\.[0-9]+)? ?[KMGT]i?B$")
    """A number and its unit: KB, MB, GB, TB, or KiB, MiB, GiB, TiB. For the embedded log."""
    search_timeout_s: float = Field(default=30.0, ge=0, le=3_600)
    """A search that takes longer is broken off; 0 lets it take its time. For the embedded log."""
    retention_days: int = Field(default=0, ge=0)
    """Events are deleted when they are older than this; 0 keeps everything."""
    classes: list[EventClassSettings] = Field(default=[], max_length=64)
    """Kinds of events kept for another time, as `[[store.classes]]`; the first that fits counts. For the
    embedded log."""
    max_bytes: int = Field(default=0, ge=0)
    """The oldest days are deleted when the log takes more; 0 sets no limit. For the embedded log."""
    seal_after_minutes: int = Field(default=60, ge=1, le=1_440)
    """A day that is over is sealed when nothing was written to it for so long. For the embedded log."""
    word_index: bool = True
    """A day is sealed with an index of the words of its messages, a fifth of its size, which searches for
    words, phrases and parts of words use; for days that are sealed from now on. For the embedded log."""
    remembered_bytes: int = Field(default=32 * 1024 * 1024, ge=0)
    """Memory for answers of sealed days, which need not be found again when the same is asked, as dashboards
    do; 0 remembers none. For the embedded log."""
    open_days: int = Field(default=32, ge=2, le=10_000)
    """Days whose files are open at a time, unless one question is about more. For the embedded log."""
    url: str = ""
    """Address of the cluster, such as `https://search:9200`; of several nodes, with commas between."""
    user: str = ""
    password: SecretStr = SecretStr("")
    """Better given as `TOCSIN_STORE__PASSWORD` than in the file."""
    api_key: SecretStr = SecretStr("")
    """Instead of user and password; `TOCSIN_STORE__API_KEY`."""
    ca: Path | None = None
    """PEM file of the authority that signed the cluster's certificates; empty: the system's."""
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    """How long the cluster may take for one answer."""
    prefix: str = Field(default="tocsin", pattern=r"^[a-z][a-z0-9_-]{0,60}$")
    """How the names of the cluster's indices begin."""
    shards: int = Field(default=1, ge=1, le=64)
    """Shards of a day's index."""
    replicas: str = Field(default="0-1", pattern=r"^[0-9]+-([0-9]+|all)$")
    """Copies of each shard: from, and to as many as there are nodes for."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses in `url`."""
        return tuple(part.strip() for part in self.url.split(",") if part.strip())


class ContentSettings(_Section):
    """Folders of rules, detections, playbooks and lists beside those that come with Tocsin."""

    rules: tuple[Path, ...] = ()
    detections: tuple[Path, ...] = ()
    playbooks: tuple[Path, ...] = ()
    warninglists: tuple[Path, ...] = ()
    dashboards: tuple[Path, ...] = ()
    pipelines: tuple[Path, ...] = ()
    """Folders of ingest pipelines: what is done to the events of a source before they are kept."""
    own: bool = True
    """Whether the content that comes with Tocsin is loaded."""
    own_rules: Literal["auto", "always", "never"] = "auto"
    """Whether its decoders and rules are; `auto`: until a whole ruleset is imported, such as Wazuh's."""
    watch_s: float = Field(default=5.0, ge=0, le=86_400)
    """How often decoders, rules and lists are looked at for changes, in seconds; 0 never looks."""


class RulesSettings(_Section):
    """How rules look at time and remember earlier events."""

    memory: Literal["compat", "keyed"] = "compat"
    """`compat`: as Wazuh, the last events that matched a rule, by the time of their reception. `keyed`:
    bounded for each rule and each set of compared values, by the events' own time."""
    memory_size: int = Field(default=8_192, ge=64, le=1_000_000)
    """How many events `compat` remembers."""
    time_zone: str = "local"
    """For conditions on the hour and the day: `local`, or a name such as `Europe/Madrid`."""
    second_stage: bool | frozenset[str] = False
    """Whether JSON behind a syslog header or in a field is read as well, which Wazuh does not do: `true`, or
    a list of the first decoders' names (`""` for what no decoder knows)."""

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        if zone != "local":
            try:
                ZoneInfo(zone)
            except (OSError, ValueError, KeyError) as error:
                raise ValueError(f"{zone!r} is no time zone") from error
        return zone


class DetectSettings(_Section):
    """When an event alone is worth an alert, and how rules are tried before they alert."""

    alert_level: int = Field(default=7, ge=1, le=16)
    budget_alerts_per_day: int = Field(default=50, ge=0)
    """A rule that would have opened more on a day is switched on only with a reason; 0: no budget."""
    budget_days: int = Field(default=7, ge=1, le=90)
    """Days of the log on which a rule is tried before it is switched on."""
    backtest_events: int = Field(default=2_000_000, ge=1_000)
    """Events a backtest looks at, at most."""
    backtest_seconds: int = Field(default=60, ge=1, le=3_600)
    """So long a backtest may take."""
    retest_at: str = Field(default="03:30", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """When the cases of all rules are run once a day, UTC; empty: never."""

    @property
    def retest_minute(self) -> int | None:
        """The minute of the day of `retest_at`; None: never."""
        hour, _, minute = self.retest_at.partition(":")
        return int(hour) * 60 + int(minute) if minute else None


class RespondSettings(_Section):
    """How playbooks run."""

    workers: int = Field(default=2, ge=1, le=32)
    """Runs carried out at the same time."""
    keep_days: int = Field(default=90, ge=1)
    """Finished runs older than this are deleted; decisions are kept."""


class EnrichSettings(_Section):
    """What analyzers may use."""

    geoip: Path | None = None
    """A MaxMind database file (.mmdb) of the operator's own."""
    yara_rules: Path | None = None
    """A folder of YARA rules for files."""


class DashboardSettings(_Section):
    """How reports of dashboards are made."""

    chromium: Path | None = None
    """A Chromium that prints PDF in place of the library that comes along, such as `/usr/bin/chromium`."""
    keep_reports: int = Field(default=50, ge=1, le=10_000)
    """So many reports of each schedule are kept, the newest."""
    keep_days: int = Field(default=90, ge=1, le=3_650)
    """So long a report is kept."""
    keep_mib: int = Field(default=1_024, ge=1, le=1_048_576)
    """So many MiB all kept reports have together."""


class IntelSettings(_Section):
    """What is known to be one's own."""

    own_networks: tuple[str, ...] = ()
    """Networks in CIDR form whose addresses are not an attacker's."""
    own_domains: tuple[str, ...] = ()

    @field_validator("own_networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)  # its error says which, and why
        return networks


class NotifySettings(_Section):
    """Who is told by mail, chat and webhook. Nothing is sent until there is a channel, here or in the API."""

    channels: dict[str, dict[str, Any]] = {}
    """Channels by name: `kind`, its options, `enabled`, `per_minute`. A secret is better given as a variable,
    such as `TOCSIN_NOTIFY__CHANNELS__SOC_MAIL__PASSWORD` for `[notify.channels.soc_mail]`."""
    routes: dict[str, dict[str, Any]] = {}
    """Routes by name: which events, from which severity, of which rules and tags, go to which channels."""
    url: str = Field(default="", pattern=r"^(|https?://\S+)$")
    """Where people reach the console; messages then hold a link."""
    personal: str = ""
    """The e-mail channel by which people are told what is assigned to them, when they ask for it."""
    private: tuple[str, ...] = ()
    """Networks in CIDR form that channels of the console may reach although they are private."""
    ca: Path | None = None
    """PEM file of the authorities that signed the certificates of services; empty: the system's."""
    attempts: int = Field(default=12, ge=1, le=100)
    """How often a message is tried, with growing waits up to an hour, before it is given up."""
    keep_days: int = Field(default=30, ge=1, le=3_650)
    """Messages that were sent or given up are forgotten after so many days."""
    elastalert: Literal["off", "on"] = "off"
    """Whether the services that ElastAlert rules name are told; only at the hosts listed in `hosts`."""
    hosts: tuple[str, ...] = ()
    """Hosts that ElastAlert rules may have told, such as `hooks.slack.com` or `*.example.org`."""
    elastalert_options: dict[str, Any] = {}
    """Options that ElastAlert reads from its own settings and that rules leave out, such as `smtp_host`."""

    @field_validator("private")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)  # its error says which, and why
        return networks
