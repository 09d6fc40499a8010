"""Where addresses are, as Wazuh shows it to rules: `CC / Region`, from a MaxMind database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tocsin.core.geoip import GeoDatabase, part
from tocsin.decode.naming import target
from tocsin.decode.subject import Subject

_FIELDS = (("srcip", "srcgeoip"), ("dstip", "dstgeoip"))
_REMEMBERED = 16_384


class Regions:
    """The regions of addresses, those asked for lately remembered. Thread safe."""

    def __init__(self, path: Path) -> None:
        """Open the database; raises `ContentError` when it cannot be used."""
        self._database = GeoDatabase(path)
        self.of = lru_cache(maxsize=_REMEMBERED)(self._of)
        """Return the region of an address as bytes read as Latin-1; empty when it is not known."""

    def _of(self, address: str) -> str:
        try:
            found = self._database.find(address)
        except ValueError:
            return ""  # no address, or one of a version the database does not hold
        country = part(found, "country", "iso_code") or part(found, "registered_country", "iso_code")
        region = part(found, "subdivisions", 0, "names", "en")
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
