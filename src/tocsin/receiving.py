"""The receivers and bounds of ingest, made of the settings."""

from __future__ import annotations

import ssl

from tocsin.core.clock import DAY, HOUR, Clock
from tocsin.ingest.beats.carrying import Carrier
from tocsin.ingest.beats.connection import Patience
from tocsin.ingest.beats.receiver import BeatsLimits, BeatsListen, BeatsReceiver
from tocsin.ingest.clocks import Clocks
from tocsin.ingest.documents import DocumentIntake
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.processors.classifier import Processing
from tocsin.ingest.receivers import Listen, SyslogReceiver
from tocsin.ingest.tls import server_tls
from tocsin.settings import Settings
from tocsin.settings_sections import BeatsSettings, SyslogSettings


def processing_of(settings: Settings) -> Processing:
    """Return what is done to events before they are kept."""
    return Processing(settings.content.pipelines, settings.enrich.geoip)


def limits_of(settings: Settings) -> Limits:
    """Return the bounds of ingest."""
    wanted = settings.ingest
    return Limits(workers=wanted.workers, clocks=Clocks(wanted.oldest_days * DAY, wanted.ahead_hours * HOUR))


def syslog_of(settings: Settings, pipeline: Pipeline, ledger: Ledger, clock: Clock) -> SyslogReceiver:
    """Return the syslog receiver; one without ports listens to nothing.

    Raises `ListenError` for certificates that cannot be used.
    """
    wanted = settings.syslog
    ports = (("udp", wanted.udp_port), ("tcp", wanted.tcp_port))
    listens = [Listen(transport, wanted.host, port) for transport, port in ports if port]
    if wanted.tls_port:
        listens.append(Listen("tcp", wanted.host, wanted.tls_port, _tls(wanted)))
    return SyslogReceiver(listens, pipeline.sequencer, ledger, clock)


def beats_of(
    settings: Settings, pipeline: Pipeline, ledger: Ledger, identities: Identities, clock: Clock
) -> BeatsReceiver:
    """Return the receiver of Beats; one without a port listens to nothing.

    Raises `ListenError` for certificates that cannot be used.
    """
    wanted = settings.beats
    intake = DocumentIntake(pipeline.sequencer, ledger, clock, identities)
    listen = BeatsListen(wanted.host, wanted.port, _tls(wanted)) if wanted.port else None
    limits = BeatsLimits(patience=Patience(idle_s=wanted.idle_s))
    return BeatsReceiver(listen, Carrier(intake, ledger), limits)


def _tls(wanted: SyslogSettings | BeatsSettings) -> ssl.SSLContext | None:
    return server_tls(wanted.certificate, wanted.key, wanted.client_ca) if wanted.certificate else None
