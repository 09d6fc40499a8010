"""Regions of addresses, from a database made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tocsin.core.errors import ContentError
from tocsin.core.record import Record
from tocsin.rules import RulesetOptions, load
from tocsin.rules.geoip import Regions

CORDOBA = {"country": {"iso_code": "ES"}, "subdivisions": [{"names": {"en": "Córdoba"}}]}
DECODERS = r"""<decoder name="app"><prematch>^app: </prematch>
  <regex offset="after_prematch">^(\S+) (\S+)</regex><order>srcip, dstip</order></decoder>"""
RULES = """<group name="g,"><rule id="100" level="3"><decoded_as>app</decoded_as><srcgeoip>ES</srcgeoip>
  <dstgeoip negate="yes">FR</dstgeoip><description>From $(srcgeoip)</description></rule></group>"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of three networks."""
    path = tmp_path / "city.mmdb"
    places: dict[str, Any] = {
        "192.0.2.0/24": CORDOBA,
        "198.51.100.0/25": {"country": {"iso_code": "FR"}},
        "203.0.113.0/24": {"country": {"iso_code": "DE"}},
    }
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    for network, place in places.items():
        writer.insert_network(IPSet([network]), place)
    writer.to_db_file(str(path))
    return path


def test_a_region_is_country_and_subdivision(database: Path) -> None:
    """Country and region stand as upstream shows them; the country alone where no region is known."""
    regions = Regions(database)
    assert "ES / Córdoba" == regions.of("192.0.2.7").encode("latin-1").decode()
    assert "FR" == regions.of("198.51.100.1")
    assert "" == regions.of("198.51.100.200")
    assert "" == regions.of("no address")
    regions.close()


def test_rules_see_regions(database: Path, tmp_path: Path) -> None:
    """Conditions and descriptions see the region; a condition on an unknown region fails, negated too."""
    for folder, text in (("decoders", DECODERS), ("rules", RULES)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.xml").write_text(text)
    ruleset = load([tmp_path], RulesetOptions(geoip=database))
    lines = ("app: 192.0.2.1 203.0.113.1", "app: 192.0.2.1 198.51.100.1", "app: 192.0.2.1 10.0.0.1")
    records = [Record("s", seq, line.encode(), 1) for seq, line in enumerate(lines, 1)]
    found = [classified.event.fields for classified in ruleset.classify(records)]
    assert ["From ES / Córdoba", None, None] == [fields.get("rule.description") for fields in found]
    assert "ES / Córdoba" == found[0]["data.srcgeoip"]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Content loads without the database, and the problem names the file."""
    path = tmp_path / "bad.mmdb"
    path.write_bytes(b"nothing")
    with pytest.raises(ContentError):
        Regions(path)
    problems = load([], RulesetOptions(geoip=path)).problems
    assert [str(path)] == [problem.location.path for problem in problems]
