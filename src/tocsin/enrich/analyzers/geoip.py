"""Where an address is, from a database the operator has put on this machine."""

from __future__ import annotations

from pathlib import Path

from tocsin.core.geoip import GeoDatabase, part
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
        """Raises `ContentError` when the file is no such database."""
        self._database = GeoDatabase(path)
        self.configuration = self._database.name

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Information only; an address the database does not know has nothing to say."""
        try:
            found, length = self._database.find_network(observable.value.strip())
        except ValueError as error:
            raise AnalysisError(f"{observable.value[:100]!r} is not an address to look up") from error
        if not found:
            raise AnalysisError("the database does not know the address")
        facts = {
            "country": part(found, "country", "iso_code") or part(found, "registered_country", "iso_code"),
            "country_name": part(found, "country", "names", "en"),
            "city": part(found, "city", "names", "en"),
            "latitude": part(found, "location", "latitude"),
            "longitude": part(found, "location", "longitude"),
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
