"""What listens is what the settings say."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.unit.ingest.stages import MemoryStore, running

from harness.certificates import self_signed
from harness.ports import free_port
from harness.waiting import until
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.receiving import syslog_of
from tocsin.settings import Settings
from tocsin.settings_sections import SyslogSettings


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    yield Ledger(database, SystemClock())
    database.close()


@pytest.fixture
def pipeline(store: MemoryStore, ledger: Ledger) -> Iterator[Pipeline]:
    with running(store, ledger) as pipeline:
        yield pipeline


def test_syslog_over_tls_lets_in_only_known_senders(
    pipeline: Pipeline, store: MemoryStore, ledger: Ledger, tmp_path: Path
) -> None:
    """Beside the port without TLS; a sender must have a certificate of the authority when one is set."""
    certificate, key = self_signed(tmp_path)
    plain, secure = free_port(), free_port()
    wanted = SyslogSettings(
        tcp_port=plain, tls_port=secure, certificate=certificate, key=key, client_ca=certificate
    )
    receiver = syslog_of(Settings(syslog=wanted), pipeline, ledger, SystemClock())
    receiver.start()
    try:
        known = ssl.create_default_context(cafile=str(certificate))
        with (
            suppress(OSError),  # how it is turned away depends on the moment; nothing of it may arrive
            socket.create_connection(("127.0.0.1", secure)) as raw,
            known.wrap_socket(raw, server_hostname="127.0.0.1") as anonymous,
        ):
            anonymous.sendall(b"<13>nobody\n")
            anonymous.recv(1)
        known.load_cert_chain(certificate, key)
        with (
            socket.create_connection(("127.0.0.1", secure)) as raw,
            known.wrap_socket(raw, server_hostname="127.0.0.1") as sender,
        ):
            sender.sendall(b"<13>secret\n")
        until(lambda: len(store.events) == 1)
        with socket.create_connection(("127.0.0.1", plain)) as open_sender:
            open_sender.sendall(b"<13>open\n")
        until(lambda: len(store.events) == 2)
    finally:
        receiver.stop()
    assert ["<13>secret", "<13>open"] == store.messages("syslog:tcp:127.0.0.1")


@pytest.mark.parametrize("given", [{"tls_port": 6514}, {"key": "k.pem"}, {"client_ca": "ca.pem"}])
def test_tls_needs_a_certificate(given: dict[str, object]) -> None:
    """It is said when the settings are read, not when the first sender comes."""
    with pytest.raises(ValidationError, match="need a certificate"):
        SyslogSettings(**given)
