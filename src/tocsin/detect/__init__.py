"""Rules that watch the commit log and open alerts.

Public face: `RuleBook` reads the rules of folders, a `Detector` runs them over the log in a thread,
`RuleService` is what people do with rules. `ports` says what detect is handed.
"""

from tocsin.detect.engine import Detector, DetectStatus
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService

__all__ = ["DetectStatus", "Detector", "RuleBook", "RuleService", "RuleSet"]
