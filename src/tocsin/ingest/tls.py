"""How receivers speak TLS with those who send."""

from __future__ import annotations

import ssl
from pathlib import Path

from tocsin.ingest.errors import ListenError


def server_tls(certificate: Path, key: Path | None, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return how to speak TLS; with `client_ca`, only with senders whose certificate it signed.

    Raises `ListenError` when a file cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:  # of which errors of TLS are a kind
        raise ListenError(f"cannot speak TLS with {certificate}: {error.strerror or error}") from error
    return context
