"""Sigma rules: single events, correlations and filters, read onto our events.

Public face: `read_sigma` reads one rule, `load_taxonomy` the tables of log sources and field names.
"""

from tocsin.detect.sigma.mapping import LogSource, Taxonomy, load_taxonomy
from tocsin.detect.sigma.rule import LEVELS, read_sigma

__all__ = ["LEVELS", "LogSource", "Taxonomy", "load_taxonomy", "read_sigma"]
