"""The platform's figures for Prometheus, read when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from tocsin.core.clock import SECOND
from tocsin.detect.service import RuleService
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.notify.delivery import Delivery
from tocsin.rules.service import AnalysisRules
from tocsin.store.base import EventStore


class PlatformFigures(Collector):
    """Records received, stored, refused; what waits; how far detection is behind."""

    def __init__(self, store: EventStore, pipeline: Pipeline, ledger: Ledger, detection: RuleService) -> None:
        self._store = store
        self._pipeline = pipeline
        self._ledger = ledger
        self._detection = detection

    def collect(self) -> Iterable[Metric]:
        """Yield every figure as it is now."""
        accounts = self._ledger.accounts()
        remembering = self._store.remembering()
        for name, help_, value in (
            ("tocsin_ingest_records_received", "Records received.", sum(a.received for a in accounts)),
            ("tocsin_ingest_events_stored", "Events stored.", sum(a.stored for a in accounts)),
            ("tocsin_ingest_records_duplicate", "Records sent twice.", sum(a.duplicates for a in accounts)),
            (
                "tocsin_ingest_records_refused",
                "Records refused, with a reason.",
                sum(a.refused for a in accounts),
            ),
            (
                "tocsin_store_events_not_indexed",
                "Events kept that the search server refused to index; searches look at each of them.",
                self._store.rejections(),
            ),
            (
                "tocsin_store_days_remembered",
                "Days that answered from what is remembered of them.",
                remembering.hits,
            ),
            (
                "tocsin_store_days_asked",
                "Sealed days whose answer was not remembered.",
                remembering.misses,
            ),
        ):
            yield CounterMetricFamily(name, help_, value=value)
        records, size = self._pipeline.load()
        yield GaugeMetricFamily(
            "tocsin_ingest_waiting_records", "Records waiting to be stored.", value=records
        )
        yield GaugeMetricFamily("tocsin_ingest_waiting_bytes", "Bytes waiting to be stored.", value=size)
        yield GaugeMetricFamily("tocsin_store_last_commit", "Newest commit.", value=self._store.last_commit())
        yield GaugeMetricFamily(
            "tocsin_store_remembered_bytes", "Memory of remembered answers.", value=remembering.bytes
        )
        status = self._detection.status()
        yield GaugeMetricFamily("tocsin_detect_lag_seconds", "Detection behind.", value=status.lag_ms / 1000)


class SourceFigures(Collector):
    """What became of each source's records, and how late they are; of the sources that sent last."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterable[Metric]:
        """Yield every figure as it is now; reasons of refusal without what stands behind their colon."""
        accounts = sorted(self._ledger.accounts(), key=lambda account: -account.last_at)[:_MOST_SOURCES]
        records = CounterMetricFamily(
            "tocsin_source_records",
            "Records of a source: received, and what became of them.",
            labels=["source", "outcome"],
        )
        refused = CounterMetricFamily(
            "tocsin_source_records_refused",
            "Records refused, by reason.",
            labels=["source", "kind", "reason"],
        )
        under_way = GaugeMetricFamily(
            "tocsin_source_records_under_way", "Received and not settled yet.", labels=["source"]
        )
        lag = GaugeMetricFamily(
            "tocsin_source_lag_seconds", "From a record's collection to its commit.", labels=["source"]
        )
        last = GaugeMetricFamily(
            "tocsin_source_last_record_timestamp_seconds", "When a source last sent.", labels=["source"]
        )
        for account in accounts:
            for outcome in ("received", "stored", "duplicates", "refused", "lost"):
                records.add_metric([account.source, outcome], getattr(account, outcome))
            under_way.add_metric([account.source], max(0, account.under_way))
            by_reason: Counter[tuple[str, str]] = Counter()
            for refusal in account.refusals.values():
                by_reason[refusal.kind, refusal.reason.split(":")[0]] += refusal.count
            for (kind, reason), count in by_reason.items():
                refused.add_metric([account.source, kind, reason], count)
            lag.add_metric([account.source], account.lag_us / SECOND)
            last.add_metric([account.source], account.last_at / SECOND)
        yield from (records, refused, under_way, lag, last)


_MOST_SOURCES = 200


class NotifyFigures(Collector):
    """Messages sent, failed and given up; what waits in the outbox, and for how long."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def collect(self) -> Iterable[Metric]:
        """Yield every figure as of the last look at the outbox."""
        figures = self._delivery.figures
        for name, help_, count in (
            ("tocsin_notify_messages_sent", "Messages delivered.", figures.sent),
            ("tocsin_notify_tries_failed", "Tries that failed and are made again.", figures.failed),
            ("tocsin_notify_messages_dead", "Messages given up.", figures.dead),
        ):
            yield CounterMetricFamily(name, help_, value=count)
        for name, help_, value in (
            ("tocsin_notify_waiting_messages", "Messages in the outbox.", figures.waiting),
            ("tocsin_notify_dead_messages", "Messages given up and still listed.", figures.dead_now),
            ("tocsin_notify_oldest_seconds", "Age of the oldest message that is due.", figures.oldest_s),
        ):
            yield GaugeMetricFamily(name, help_, value=value)


_MOST_RULES = 50


class AnalysisFigures(Collector):
    """Rules in force and refused content; hits and cost of the rules that were met most often."""

    def __init__(self, analysis: AnalysisRules) -> None:
        self._analysis = analysis

    def collect(self) -> Iterable[Metric]:
        """Yield every figure as it is now; of single rules, those of the fifty with the most hits."""
        ruleset = self._analysis.edition.ruleset
        yield GaugeMetricFamily("tocsin_rules_loaded", "Rules in force.", value=len(ruleset.tree.rules))
        yield GaugeMetricFamily("tocsin_rules_problems", "Content refused.", value=len(ruleset.problems))
        figures = self._analysis.statistics.figures()
        most = sorted(figures, key=lambda rule_id: (-figures[rule_id].hits, rule_id))[:_MOST_RULES]
        hits = CounterMetricFamily("tocsin_rules_hits", "Events a rule was the verdict of.", labels=["rule"])
        cost = GaugeMetricFamily(
            "tocsin_rules_cost_seconds", "Mean CPU time of trying a rule, sampled.", labels=["rule"]
        )
        for rule_id in most:
            hits.add_metric([str(rule_id)], figures[rule_id].hits)
            cost.add_metric([str(rule_id)], figures[rule_id].mean_ns / 1e9)
        yield hits
        yield cost


def registry_of(*collectors: Collector) -> CollectorRegistry:
    """Return a registry of its own that holds the collectors."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return registry
