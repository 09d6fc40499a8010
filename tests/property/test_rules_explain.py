"""An explanation comes to the engine's verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import SECOND, from_iso
from tocsin.rules import Ruleset, load
from tocsin.rules.explain import Explainer
from tocsin.rules.options import RulesetOptions
from tocsin.rules.sources import content_files

_AT = from_iso("2026-11-24T00:00:00Z")
_OPTIONS = RulesetOptions(left_out=frozenset({"0215-policy_rules.xml"}), json_as_eventchannel=True)


@pytest.fixture(scope="module")
def explainer(real_data: Path) -> Explainer:
    """The stock ruleset, explained."""
    folder = real_data / "wazuh"
    ruleset: Ruleset = load([folder], _OPTIONS)
    return Explainer(ruleset, [folder], content_files([folder], "rules", _OPTIONS.left_out))


@pytest.fixture(scope="module")
def cases(real_data: Path) -> list[dict[str, Any]]:
    lines = (real_data / "wazuh" / "cases.jsonl").read_text("utf-8").splitlines()
    return [case for case in map(json.loads, lines) if not case["geoip"]]


def test_the_walk_shown_is_the_one_taken(explainer: Explainer, cases: list[dict[str, Any]]) -> None:
    """For each line of upstream's cases: same verdict, same decoder, and every failed clause is named."""
    wrong = []
    for case in cases[::4] + [case for case in cases if case["stateful"]]:
        explainer.forget()
        for second, log in enumerate(case["logs"]):
            found = explainer.explain(log, at=_AT + second * SECOND)
            roots = [step.name for step in found.decoders if step.outcome == "selected" and not step.child]
            named = all(step.clause is not None for step in found.rules if step.outcome == "failed")
            if (
                not found.agrees
                or not named
                or (roots[0] if roots else None) != (found.parent or found.decoder)
            ):
                wrong.append((case["file"], case["name"], log))
    assert wrong == []
