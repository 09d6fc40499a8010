"""Places of addresses."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tocsin.core.errors import ContentError
from tocsin.enrich.analyzers.geoip import GeoIPAnalyzer
from tocsin.enrich.base import AnalysisError, Context, Observable


def database(folder: Path) -> Path:
    path = folder / "city.mmdb"
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    writer.insert_network(
        IPSet(["203.0.113.0/24"]),
        {
            "country": {"iso_code": "NL", "names": {"en": "Netherlands"}},
            "city": {"names": {"en": "Delft"}},
            "autonomous_system_number": 64496,
        },
    )
    writer.to_db_file(str(path))
    return path


def test_place_of_an_address(tmp_path: Path) -> None:
    """Country, city and network come from the database."""
    analyzer = GeoIPAnalyzer(database(tmp_path))
    report = analyzer.run(Observable("ip", "203.0.113.9"), Context(0))
    assert report.summary == "NL, Delft, 64496"
    assert (report.full["country_name"], report.full["prefix_length"]) == ("Netherlands", 24)
    assert analyzer.configuration.startswith("Test-City ")
    analyzer.close()


@pytest.mark.parametrize("value", ["8.8.8.8", "junk", ""])
def test_unknown_address_has_nothing_to_say(tmp_path: Path, value: str) -> None:
    """An address outside the database, or none at all, raises."""
    analyzer = GeoIPAnalyzer(database(tmp_path))
    with pytest.raises(AnalysisError):
        analyzer.run(Observable("ip", value), Context(0))
    analyzer.close()


def test_broken_database_is_refused(tmp_path: Path) -> None:
    """A file that is no database, and one that is not there, are refused with the path."""
    path = tmp_path / "x.mmdb"
    for _ in range(2):
        with pytest.raises(ContentError) as caught:
            GeoIPAnalyzer(path)
        assert str(path) in str(caught.value)
        path.write_bytes(b"junk")
