"""The contract of an analyzer, run on every one that comes with the platform."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from harness.waiting import PATIENCE_S
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.enrich.analyzers.geoip import GeoIPAnalyzer
from tocsin.enrich.base import VERDICTS, Analyzer, Context, Observable, Report, StoredFile
from tocsin.enrich.catalogue import Means, native_analyzers
from tocsin.enrich.ports import Seen
from tocsin.enrich.reports import MAX_ARTIFACTS, MAX_FULL_BYTES, from_document, to_document
from tocsin.enrich.runner import outcome_of, refusal

NAMES = [
    "address-facts",
    "domain-facts",
    "e-mail",
    "file-facts",
    "geoip",
    "hash-facts",
    "indicators",
    "seen-here",
    "url-facts",
    "warninglists",
    "yara",
]
KINDS = {
    "ip": "203.0.113.9",
    "cidr": "203.0.113.0/24",
    "domain": "a.evil.com",
    "url": "http://evil.com/x.exe",
    "hash": "a" * 64,
    "email": "bob@evil.com",
    "filename": "evil.exe",
    "path": "/tmp/evil",
    "cve": "CVE-2024-3094",
    "asn": "AS64496",
    "registry": r"hklm\run",
    "user": "root",
    "host": "web",
    "process": "nc",
}
JUNK = [
    "",
    " ",
    "\x00",
    "a" * 100_000,
    "http://[",
    "%%%",
    "::::",
    "xn--" + "a" * 300,
    "💥" * 50,
    "../../etc/passwd",
    "' OR 1=1 --",
    "0" * 64,
    "http://h:99999999/",
]


class Shelf:
    """Known values, history, files and extractor, all of which have something to say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        message = EmailMessage()
        message["From"], message["Subject"] = "a@evil.com", "s"
        message.set_content("EVIL http://evil.com/x " * 20_000)
        content = message.as_bytes()
        self.digest = hashlib.sha256(content).hexdigest()
        (folder / self.digest).write_bytes(content)

    def known(self, kind: str, value: str) -> Any:
        if "\x00" in value:
            raise InvalidError("not a value")
        claim = SimpleNamespace(
            kind=kind, value=value, feed="F", confidence=80, tags=("t",), event_info="e", valid_until_at=None
        )
        listed = SimpleNamespace(name="L", category="known")
        return SimpleNamespace(indicators=[claim] * 5_000, warninglists=[listed])

    def seen(self, kind: str, value: str) -> Seen:
        return Seen(3, 0, 1, 2, ("web",) * 5_000)

    def find(self, sha256: str) -> StoredFile:
        if sha256 != self.digest:
            raise NotFoundError("no such file")
        return StoredFile(self._folder / sha256, "mail.eml")

    def in_text(self, text: str) -> list[Any]:
        return [SimpleNamespace(kind="domain", value=f"d{number}.com") for number in range(2_000)]


def _database(folder: Path) -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "NL"}})
    writer.to_db_file(str(folder / "geo.mmdb"))
    return folder / "geo.mmdb"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def analyzers(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Analyzer]]:
    folder = tmp_path_factory.mktemp("data")
    rules = folder / "rules"
    rules.mkdir()
    (rules / "a.yar").write_text('rule evil { strings: $a = "EVIL" condition: $a }')
    means = Means(
        known=shelf, history=shelf, files=shelf, extractor=shelf, geoip=_database(folder), yara_rules=rules
    )
    made, problems = native_analyzers(means)
    assert problems == []
    yield {each.about.name: each for each in made}
    for each in made:
        if isinstance(each, GeoIPAnalyzer):
            each.close()


@pytest.fixture(params=NAMES)
def analyzer(request: pytest.FixtureRequest, analyzers: dict[str, Analyzer]) -> Analyzer:
    return analyzers[request.param]


def good(analyzer: Analyzer, shelf: Shelf) -> Observable:
    kind = min(analyzer.about.kinds)
    return Observable(kind, shelf.digest if kind == "file" else KINDS[kind])


def test_every_analyzer_is_tested(analyzers: dict[str, Analyzer]) -> None:
    """The list of names above is the catalogue."""
    assert sorted(analyzers) == NAMES


def test_catalogue_entry_is_whole(analyzer: Analyzer) -> None:
    """Name, version, words for people, kinds, scales and times are stated and possible."""
    about = analyzer.about
    assert about.name
    assert about.version
    assert about.description.endswith(".")
    assert about.kinds <= {*KINDS, "file"}
    assert 0 <= about.max_tlp <= 4
    assert 0 <= about.max_pap <= 3
    assert 0 < about.timeout_s <= 300
    assert about.cache_s >= 0
    assert isinstance(analyzer.configuration, str)


def test_report_has_its_shape(analyzer: Analyzer, shelf: Shelf) -> None:
    """A good observable gives a report with a known verdict, a summary, taxonomies and JSON within bounds."""
    report = analyzer.run(good(analyzer, shelf), Context(PATIENCE_S))
    assert isinstance(report, Report)
    assert report.verdict in VERDICTS
    assert report.summary
    assert report.taxonomies or analyzer.about.name == "url-facts"
    assert all(each.level in VERDICTS and each.namespace and each.predicate for each in report.taxonomies)
    document = to_document(report)
    text = orjson.dumps(document)
    assert len(text) < 2 * MAX_FULL_BYTES
    assert len(document["artifacts"]) <= MAX_ARTIFACTS
    assert "truncated" not in document["full"], "an analyzer bounds what it gives by itself"
    assert to_document(from_document(orjson.loads(text))) == document


def test_same_observable_same_report(analyzer: Analyzer, shelf: Shelf) -> None:
    """An analyzer has no state: a second run, also at the same time as others, says the same."""
    observable = good(analyzer, shelf)
    first = analyzer.run(observable, Context(PATIENCE_S))
    results: list[Report] = []

    def again() -> None:
        results.append(analyzer.run(observable, Context(PATIENCE_S)))

    threads = [threading.Thread(target=again) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [first, first]


@pytest.mark.parametrize("value", JUNK, ids=range(len(JUNK)))
def test_junk_gives_a_report_or_a_reason(analyzer: Analyzer, value: str) -> None:
    """Whatever the value, the outcome is a report JSON can hold, or a foreseen refusal in short words."""
    for kind in analyzer.about.kinds:
        start = time.process_time()
        outcome = outcome_of(analyzer, Observable(kind, value), Context(PATIENCE_S))
        assert time.process_time() - start < 5
        if isinstance(outcome, Report):
            assert len(orjson.dumps(to_document(outcome), default=str)) < 2 * MAX_FULL_BYTES
        else:
            assert "the analyzer failed" not in outcome
            assert 0 < len(outcome) < 1_000


def test_gate_refuses_what_is_above_it(analyzer: Analyzer) -> None:
    """The gate lets in what the analyzer may see and nothing above, nor another kind."""
    about = analyzer.about
    kind = min(about.kinds)
    assert refusal(analyzer, Observable(kind, "x", about.max_tlp, about.max_pap)) is None
    assert refusal(analyzer, Observable(kind, "x", about.max_tlp + 1, 0)) is not None
    assert refusal(analyzer, Observable(kind, "x", 0, about.max_pap + 1)) is not None
    assert refusal(analyzer, Observable("nonsense", "x", 0, 0)) is not None


def test_answer_comes_within_the_time(analyzer: Analyzer, shelf: Shelf) -> None:
    """A good observable is done well before the timeout."""
    start = time.process_time()
    analyzer.run(good(analyzer, shelf), Context(PATIENCE_S))
    assert time.process_time() - start < analyzer.about.timeout_s / 2
