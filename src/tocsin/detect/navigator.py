"""Coverage as a layer of the ATT&CK Navigator.

The form is that of the layer format 4.5 (https://github.com/mitre-attack/attack-navigator, `layers/spec`),
which Navigator 4.8.2 and later read; no version of ATT&CK is stated, so that it opens with any.
"""

from __future__ import annotations

from typing import Any, Literal

from tocsin.detect.attack_matrix import Matrix, TechniqueCoverage

Score = Literal["rules", "fired"]
"""By the number of rules that are on, or of those that ever matched."""

_COLOURS = ["#f1f3f5", "#74c0fc", "#1864ab"]
_MOST_NAMED = 30


def navigator_layer(matrix: Matrix, score: Score = "rules", name: str = "Tocsin coverage") -> dict[str, Any]:
    """Return the layer; techniques without a rule are listed without a score."""
    scores = [_score(each, score) for each in matrix.techniques]
    return {
        "name": name,
        "versions": {"layer": "4.5", "navigator": "4.9.1"},
        "domain": "enterprise-attack",
        "description": "Rules that are on, by technique" if score == "rules" else "Rules that ever matched",
        "sorting": 3,
        "hideDisabled": False,
        "techniques": [
            _technique(each, points)
            for each, points in zip(matrix.techniques, scores, strict=True)
            if each.enabled or each.disabled
        ],
        "gradient": {"colors": _COLOURS, "minValue": 0, "maxValue": max([1, *scores])},
        "legendItems": [],
        "metadata": [{"name": "techniques with a rule that is on", "value": str(matrix.covered)}],
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
    }


def _score(technique: TechniqueCoverage, score: Score) -> int:
    return len(technique.enabled) if score == "rules" else len(technique.fired)


def _technique(technique: TechniqueCoverage, score: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "techniqueID": technique.id,
        "comment": _comment(technique),
        "enabled": True,
        "metadata": [
            {"name": "rules on", "value": str(len(technique.enabled))},
            {"name": "rules off", "value": str(len(technique.disabled))},
            {"name": "rules that matched", "value": str(len(technique.fired))},
            {"name": "matches", "value": str(technique.matches)},
        ],
        "showSubtechniques": False,
    }
    return entry | ({"score": score} if score else {})


def _comment(technique: TechniqueCoverage) -> str:
    names = [rule.name for rule in technique.enabled]
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
