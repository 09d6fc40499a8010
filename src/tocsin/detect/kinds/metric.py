"""Metric aggregation: a figure over events beyond a threshold. Percentage match: a share of them."""

from __future__ import annotations

from tocsin.detect.kinds.base import Figures, Match, Stateless
from tocsin.detect.kinds.document import Document, timestamp
from tocsin.detect.kinds.figures import named, per_key, value_of


class MetricKind(Stateless):
    """A bucket whose figure lies beyond a threshold matches; one without figure never does."""

    def figures(self, at: int, found: Figures) -> list[Match]:
        """Look at every bucket."""
        matches = []
        for moment, values, bucket in per_key(at, found):
            value = value_of(bucket)
            if value is not None and self._crosses(value):
                parts = dict(zip(self.settings.key_fields, values, strict=False))
                fields = {self.settings.timestamp_field: timestamp(moment), **self._told(value), **parts}
                fields.update(named(self.settings, values))
                matches.append(Match(moment, fields))
        return matches

    def _crosses(self, value: float) -> bool:
        metric = self.settings.metric
        if metric is None:
            return False
        if metric.most is not None and value > metric.most:
            return True
        return metric.least is not None and value < metric.least

    def _told(self, value: float) -> Document:
        metric = self.settings.metric
        if metric is None:
            return {}
        told: Document = {metric.key: value}
        if not self.settings.key_fields:
            told["metric_agg_value"] = value
        if metric.format:
            shown = formatted(metric.format, value)
            told[f"{metric.key}_formatted"] = shown
            told["metric_agg_value_formatted"] = shown
        return told


def formatted(template: str, value: float) -> str:
    """Return a figure in the format of the rule: `{:.2f}` or `%.2f`."""
    if "%" in template and "{" not in template:
        return template % value
    return template.format(value)


class PercentageKind(Stateless):
    """A bucket in which the share of the events of interest lies beyond a bound matches."""

    def figures(self, at: int, found: Figures) -> list[Match]:
        """Look at every bucket that has enough events."""
        matches = []
        for moment, values, bucket in per_key(at, found):
            total = bucket["matching"] + bucket["others"]
            if total == 0 or total < self.settings.min_denominator:
                continue
            share = bucket["matching"] * 1.0 / total * 100
            if self._crosses(share):
                fields = {self.settings.timestamp_field: timestamp(moment), **named(self.settings, values)}
                matches.append(Match(moment, {**fields, **self._told(share), "denominator": total}))
        return matches

    def _told(self, share: float) -> Document:
        told: Document = {"percentage": share}
        if self.settings.percentage_format:
            told["percentage_formatted"] = formatted(self.settings.percentage_format, share)
        return told

    def _crosses(self, share: float) -> bool:
        if self.settings.most_percentage is not None and share > self.settings.most_percentage:
            return True
        return self.settings.least_percentage is not None and share < self.settings.least_percentage
