"""Pipelines behind the classifier, in whichever process it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.ingest.ports import Classifier, ClassifierFactory
from tocsin.ingest.processors.loader import load_pipelines
from tocsin.ingest.processors.pipeline import IngestPipelines


@dataclass(frozen=True, slots=True)
class Processing:
    """Where pipelines stand. It is compiled in each process, as the classifier is."""

    folders: tuple[Path, ...] = ()
    geoip: Path | None = None

    def after(self, classifier: ClassifierFactory) -> ClassifierFactory:
        """Return what makes the classifier followed by the pipelines; itself when there are no folders."""
        return ProcessedFactory(classifier, self) if self.folders else classifier

    def names(self) -> frozenset[str]:
        """Return the names of the pipelines as they are now."""
        return frozenset(one.name for one in load_pipelines(self.folders, self.geoip).pipelines)


@dataclass(frozen=True, slots=True)
class ProcessedFactory:
    """Makes a classifier whose events have been through the pipelines."""

    classifier: ClassifierFactory
    processing: Processing

    def __call__(self) -> Classifier:
        """Read the pipelines as they are now; what is bad of them was told when the platform opened."""
        loaded = load_pipelines(self.processing.folders, self.processing.geoip)
        classifier = self.classifier()
        return _Processed(classifier, IngestPipelines(loaded.pipelines)) if loaded.pipelines else classifier


class _Processed:
    def __init__(self, classifier: Classifier, pipelines: IngestPipelines) -> None:
        self._classifier = classifier
        self._pipelines = pipelines

    def classify(self, records: list[Record]) -> list[Classified]:
        """Classify, then process; what a pipeline drops says so and has no verdict to wait for."""
        classified = self._classifier.classify(records)
        for record, item in zip(records, classified, strict=True):
            reason = self._pipelines.run(item.event, record.pipeline)
            if reason is not None:
                item.dropped, item.pending = reason, None
        return classified
