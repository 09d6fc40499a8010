"""Where addresses are, as Wazuh shows it to rules: `CC / Region`, from a MaxMind database."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from tocsin.core.errors import ContentError, Location
from tocsin.decode.naming import target
from tocsin.decode.subject import Subject

_FIELDS = (("srcip", "srcgeoip"), ("dstip", "dstgeoip"))
_REMEMBERED = 16_384


class Regions:
    """A country or city database, opened once and mapped into memory. Thread safe."""

    def __init__(self, path: Path) -> None:
        """Open the database; raises `ContentError` when it cannot be used."""
        try:
            self._database = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise ContentError(f"not a MaxMind database: {error}", location=Location(str(path))) from error
        self.of = lru_cache(maxsize=_REMEMBERED)(self._of)
        """Return the region of an address as bytes read as Latin-1; empty when it is not known."""

    def _of(self, address: str) -> str:
        try:
            found = self._database.get(ipaddress.ip_address(address)) if len(address) <= 45 else None
        except (ValueError, maxminddb.InvalidDatabaseError):
            return ""  # no address, or one of a version the database does not hold
        country = _at(found, "country", "iso_code") or _at(found, "registered_country", "iso_code")
        region = _at(found, "subdivisions", 0, "names", "en")
        text = f"{country} / {region}" if country and region else country or ""
        return text.encode("utf-8", "replace").decode("latin-1")

    def put(self, subject: Subject) -> None:
        """Give the subject the regions of its addresses."""
        for name, field in _FIELDS:
            address = subject.values.get(name)
            region = self.of(address) if address else ""
            if region:
                subject.put(target(field), region)

    def close(self) -> None:
        """Unmap the database."""
        self._database.close()


def _at(document: Any, *path: str | int) -> Any:
    for step in path:
        if isinstance(step, int):
            document = document[step] if isinstance(document, list) and len(document) > step else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
