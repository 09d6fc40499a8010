"""Where an address is, from a database the operator has put on this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import maxminddb

from tocsin.core.errors import ContentError, Location
from tocsin.enrich.base import About, AnalysisError, Context, Observable, Report, Taxonomy


class GeoIPAnalyzer:
    """Reads a MaxMind database (country, city or ASN); opened once, mapped into memory."""

    about = About(
        "geoip",
        "1.0",
        "Country, city and network of an address from a MaxMind database on this machine.",
        frozenset({"ip"}),
    )

    def __init__(self, path: Path) -> None:
        try:
            self._database = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise ContentError(f"not a MaxMind database: {error}", location=Location(str(path))) from error
        metadata = self._database.metadata()
        self.configuration = f"{metadata.database_type} {metadata.build_epoch}"

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Information only; an address the database does not know has nothing to say."""
        try:
            address = ipaddress.ip_address(observable.value.strip())
            found, length = self._database.get_with_prefix_len(address)
        except (ValueError, maxminddb.InvalidDatabaseError) as error:
            raise AnalysisError(f"{observable.value[:100]!r} is not an address to look up") from error
        if not isinstance(found, dict):
            raise AnalysisError("the database does not know the address")
        facts = {
            "country": _at(found, "country", "iso_code") or _at(found, "registered_country", "iso_code"),
            "country_name": _at(found, "country", "names", "en"),
            "city": _at(found, "city", "names", "en"),
            "latitude": _at(found, "location", "latitude"),
            "longitude": _at(found, "location", "longitude"),
            "asn": found.get("autonomous_system_number"),
            "organization": found.get("autonomous_system_organization"),
            "prefix_length": length,
            "database": self.configuration,
        }
        known = {name: value for name, value in facts.items() if isinstance(value, str | int | float)}
        shown = [str(known[name]) for name in ("country", "city", "asn", "organization") if name in known]
        return Report(
            "info",
            ", ".join(shown) or "known without a place",
            tuple(
                Taxonomy("info", "GeoIP", name, str(known[name]))
                for name in ("country", "asn")
                if name in known
            ),
            full=known,
        )

    def close(self) -> None:
        """Unmap the database."""
        self._database.close()


def _at(document: Mapping[str, Any], *path: str) -> Any:
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
