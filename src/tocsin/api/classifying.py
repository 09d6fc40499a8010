"""The rules that classify events, in the words of coverage."""

from __future__ import annotations

from tocsin.detect.attack_matrix import CoveringRule
from tocsin.rules.catalogue import Catalogue


def classifying_rules(catalogue: Catalogue) -> list[CoveringRule]:
    """Return them; those of level 0 only sort, and are left out."""
    return [
        CoveringRule(view.id, view.description, "wazuh", view.enabled, view.hits, view.mitre)
        for view in catalogue.list()
        if view.level
    ]
