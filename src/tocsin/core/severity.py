"""Scales: severity 1-4, TLP 0-4, PAP 0-3, and how a rule level maps to a severity."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How bad it would be if true."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class TLP(IntEnum):
    """Traffic Light Protocol 2.0: to whom information may be passed on."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4


class PAP(IntEnum):
    """Permissible Actions Protocol: what may be done with information without giving it away."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    RED = 3


def severity_of_level(level: int) -> Severity:
    """Return the severity of a rule level 0-16: 7 medium, 12 high, 15 critical, below low."""
    if level >= 15:
        return Severity.CRITICAL
    if level >= 12:
        return Severity.HIGH
    if level >= 7:
        return Severity.MEDIUM
    return Severity.LOW
