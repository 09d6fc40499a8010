"""Indicators, feeds, warninglists, and matching as events pass."""

from tocsin.intel.drafts import Defaults
from tocsin.intel.extract import Extractor, Observable
from tocsin.intel.lookup import Indicator, LookupResult
from tocsin.intel.match import IndicatorMatcher
from tocsin.intel.opening import Intel, IntelSettings
from tocsin.intel.service import Imported, ImportOrder

__all__ = [
    "Defaults",
    "Extractor",
    "ImportOrder",
    "Imported",
    "Indicator",
    "IndicatorMatcher",
    "Intel",
    "IntelSettings",
    "LookupResult",
    "Observable",
]
