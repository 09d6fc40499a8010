"""The rule tree that classifies an event, and its state.

Public face: `load` reads content folders to a `Ruleset`, whose `classify` is the stateless half of
analysis; a `Correlation` settles what needs memory of earlier events.
"""

from tocsin.rules.correlation import Correlation
from tocsin.rules.model import RuleSummary
from tocsin.rules.options import RulesetOptions
from tocsin.rules.ruleset import Ruleset, load

__all__ = ["Correlation", "RuleSummary", "Ruleset", "RulesetOptions", "load"]
