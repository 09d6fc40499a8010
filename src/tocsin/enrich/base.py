"""The contract of an analyzer. `tests/contract/analyzers` states it as tests for every one of them.

An analyzer takes one observable and says what it is: a verdict, taxonomies (short labelled facts in Cortex's
form), artifacts (further values worth looking at) and everything it found, as JSON. It has no state of its
own, changes nothing, and whatever the observable holds it either reports or raises `AnalysisError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from tocsin.core.errors import TocsinError

Verdict = Literal["info", "safe", "suspicious", "malicious"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class AnalysisError(TocsinError):
    """The analyzer could say nothing about the observable; the message says why."""

    code = "analysis"


@dataclass(frozen=True, slots=True)
class Observable:
    """What is analyzed. A file's value is the SHA-256 it is kept under; TLP is 0-4, PAP 0-3."""

    kind: str
    value: str
    tlp: int = 2
    pap: int = 2


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A short labelled fact: `namespace:predicate=value` at a level."""

    level: Verdict
    namespace: str
    predicate: str
    value: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A further value found within the observable."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an analyzer found. `full` holds only what JSON can."""

    verdict: Verdict
    summary: str
    """One sentence for people."""
    taxonomies: tuple[Taxonomy, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    full: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """What the catalogue says of an analyzer."""

    name: str
    version: str
    description: str
    kinds: frozenset[str]
    max_tlp: int = 4
    """Highest TLP of an observable that it may see; nothing leaves the machine with a local analyzer."""
    max_pap: int = 3
    timeout_s: float = 10.0
    cache_s: float = 3_600.0
    """How long a report is good for the same observable; 0: every run anew."""
    is_local: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    """What a run may know beside the observable: the time, in microseconds since 1970, UTC."""

    at: int


class Analyzer(Protocol):
    """Analyzes observables of its kinds. Thread safe."""

    @property
    def about(self) -> About:
        """What the catalogue says of it."""
        ...

    @property
    def configuration(self) -> str:
        """Text that changes with the configuration or data it works from; cached reports go with it."""
        ...

    def run(self, observable: Observable, context: Context) -> Report:
        """Return the report on one observable; raises `AnalysisError` when there is nothing to say."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file kept by the platform, and the name it came under (of no authority)."""

    path: Path
    name: str


class FileStore(Protocol):
    """Where files are kept, by content."""

    def find(self, sha256: str) -> StoredFile:
        """Return the file of that SHA-256; raises `NotFoundError`."""
        ...
