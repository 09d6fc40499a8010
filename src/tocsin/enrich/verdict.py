"""From many reports to one verdict.

The formula, in order: malicious when a report says malicious and none says safe; suspicious when a report
says malicious against a safe one, or suspicious against none; safe when a report says safe and none says
worse; info when there is any report (also suspicious against safe); nothing without reports. So one source
of known good never silences a malicious finding, it only asks a person to look.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.enrich.base import VERDICTS, Verdict

_OTHER_SPELLINGS: dict[str, Verdict] = {
    "benign": "safe",
    "clean": "safe",
    "harmless": "safe",
    "bad": "malicious",
}


def read_verdict(text: object) -> Verdict:
    """Return a level as another system writes it; an unknown one is `info`."""
    name = str(text).strip().lower()
    for verdict in VERDICTS:
        if verdict == name:
            return verdict
    return _OTHER_SPELLINGS.get(name, "info")


def combined(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the one verdict of many reports on an observable."""
    said = set(verdicts)
    if "malicious" in said:
        return "suspicious" if "safe" in said else "malicious"
    if "suspicious" in said:
        return "info" if "safe" in said else "suspicious"
    if "safe" in said:
        return "safe"
    return "info" if said else None


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of the levels, `info` when there are none; for facts within one report."""
    return max(verdicts, key=VERDICTS.index, default="info")
