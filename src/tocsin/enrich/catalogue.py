"""The analyzers of a platform, made from what it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.core.errors import ContentError, Location, Problem
from tocsin.enrich.analyzers.facts import AddressAnalyzer, DomainAnalyzer, HashAnalyzer, URLAnalyzer
from tocsin.enrich.analyzers.files import FileAnalyzer, MailAnalyzer, YaraAnalyzer
from tocsin.enrich.analyzers.geoip import GeoIPAnalyzer
from tocsin.enrich.analyzers.known import IndicatorAnalyzer, SeenHereAnalyzer, WarninglistAnalyzer
from tocsin.enrich.base import Analyzer, FileStore
from tocsin.enrich.child import ChildProcess
from tocsin.enrich.ports import EventHistory, KnownValues, TextExtractor


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What analyzers work with; what is None leaves its analyzers out."""

    known: KnownValues | None = None
    history: EventHistory | None = None
    files: FileStore | None = None
    extractor: TextExtractor | None = None
    geoip: Path | None = None
    """A MaxMind database."""
    yara_rules: Path | None = None
    """A folder of YARA rules."""


def native_analyzers(means: Means) -> tuple[list[Analyzer], list[Problem]]:
    """Return the analyzers that need no network, and what of their data was refused."""
    analyzers: list[Analyzer] = [AddressAnalyzer(), DomainAnalyzer(), URLAnalyzer(), HashAnalyzer()]
    problems: list[Problem] = []
    if means.known is not None:
        analyzers += [IndicatorAnalyzer(means.known), WarninglistAnalyzer(means.known)]
    if means.history is not None:
        analyzers.append(SeenHereAnalyzer(means.history))
    if means.geoip is not None:
        try:
            analyzers.append(GeoIPAnalyzer(means.geoip))
        except ContentError as error:
            problems.append(Problem(error.location or Location(str(means.geoip)), error.message))
    if means.files is not None and means.extractor is not None:
        analyzers += _file_analyzers(means.files, means.extractor, means.yara_rules)
    return analyzers, problems


def _file_analyzers(files: FileStore, extractor: TextExtractor, rules: Path | None) -> list[Analyzer]:
    child = ChildProcess()
    made: list[Analyzer] = [FileAnalyzer(files, child, extractor), MailAnalyzer(files, child, extractor)]
    if rules is not None:
        made.append(YaraAnalyzer(files, child, rules))
    return made
