"""The kinds of rules, ElastAlert's and ours that learn what is usual.

Each is a fold over events that yields matches; both modes run these.
"""

from __future__ import annotations

from collections.abc import Callable

from tocsin.detect.kinds.base import Figures, Kind, Match
from tocsin.detect.kinds.counting import FlatlineKind, FrequencyKind
from tocsin.detect.kinds.document import Document, Hit
from tocsin.detect.kinds.first_seen import FirstSeenKind
from tocsin.detect.kinds.metric import MetricKind, PercentageKind
from tocsin.detect.kinds.settings import KindSettings, Metric, PollSettings
from tocsin.detect.kinds.silent_source import SilentSourceKind
from tocsin.detect.kinds.simple import AnyKind, BlacklistKind, ChangeKind, WhitelistKind
from tocsin.detect.kinds.spike import SpikeAggregationKind, SpikeKind
from tocsin.detect.kinds.terms import CardinalityKind, NewTermKind
from tocsin.detect.kinds.usual_count import UsualCountKind

__all__ = ["Document", "Figures", "Hit", "Kind", "KindSettings", "Match", "Metric", "PollSettings", "kind_of"]

_KINDS: dict[str, Callable[[KindSettings], Kind]] = {
    "any": AnyKind,
    "blacklist": BlacklistKind,
    "whitelist": WhitelistKind,
    "change": ChangeKind,
    "frequency": FrequencyKind,
    "spike": SpikeKind,
    "flatline": FlatlineKind,
    "new_term": NewTermKind,
    "cardinality": CardinalityKind,
    "metric_aggregation": MetricKind,
    "percentage_match": PercentageKind,
    "spike_aggregation": SpikeAggregationKind,
    "first_seen": FirstSeenKind,
    "usual_count": UsualCountKind,
    "silent_source": SilentSourceKind,
}


def kind_of(settings: KindSettings) -> Kind:
    """Return the kind a rule asks for, with empty state."""
    return _KINDS[settings.kind](settings)
