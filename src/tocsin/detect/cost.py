"""What rules cost this process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RuleCost:
    """What evaluating a rule has cost this process."""

    evaluations: int = 0
    errors: int = 0
    ns: int = 0
    """Of the filter, by the clock."""
    cpu_ns: int = 0
    """Of what the rule remembers and decides, in CPU time."""
    held: int = 0
    """Events held in memory."""
    too_late: int = 0
    """Events that came after their time was settled: they are counted among themselves."""
    fault: str = ""
    """Why the rule stands still until it is read again; empty for one that runs."""
