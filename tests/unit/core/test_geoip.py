"""One reader of MaxMind databases for rules, analyzers and pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tocsin.core.errors import ContentError
from tocsin.core.geoip import GeoDatabase, part

CITY = {"country": {"iso_code": "CH"}, "subdivisions": [{"names": {"en": "Bern"}}]}


@pytest.fixture
def database(tmp_path: Path) -> GeoDatabase:
    path = tmp_path / "city.mmdb"
    writer = MMDBWriter(ip_version=4, database_type="GeoLite2-City")
    writer.insert_network(IPSet(["198.51.100.0/24"]), CITY)
    writer.to_db_file(str(path))
    return GeoDatabase(path)


def test_an_address_is_found_with_its_network(database: GeoDatabase) -> None:
    """What is known, and how wide it is known."""
    assert database.find("198.51.100.7") == CITY
    assert database.find_network("198.51.100.7") == (CITY, 24)
    assert database.find("203.0.113.1") == {}
    assert database.name.startswith("GeoLite2-City ")


@pytest.mark.parametrize("text", ["", "host", "300.1.1.1", "2001:db8::1", "1" * 10_000])
def test_what_is_no_address_here_is_refused(database: GeoDatabase, text: str) -> None:
    """An address of the other version too."""
    with pytest.raises(ValueError):  # noqa: PT011 - three libraries word it
        database.find(text)


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "no.mmdb"
    path.write_text("no database")
    with pytest.raises(ContentError, match=r"no\.mmdb: not a MaxMind database"):
        GeoDatabase(path)


def test_parts_of_documents_are_found_or_none() -> None:
    """Names and places, whatever stands in between."""
    assert part(CITY, "subdivisions", 0, "names", "en") == "Bern"
    assert part(CITY, "subdivisions", 1, "names") is None
    assert part(CITY, "country", 0) is None
