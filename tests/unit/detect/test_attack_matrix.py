"""Techniques and their rules, and the layer made of them."""

from __future__ import annotations

from tocsin.core.attack import Technique
from tocsin.detect.attack_matrix import CoveringRule, matrix_of, tactics_of
from tocsin.detect.navigator import navigator_layer

KNOWN = {
    "T1110": Technique("Brute Force", ("Credential Access",)),
    "T1078": Technique("Valid Accounts", ("Persistence", "Initial Access")),
}
RULES = (
    CoveringRule("a", "Guessing", "sigma", True, 0, ("T1110",)),
    CoveringRule("b", "Guessed", "wazuh", True, 7, ("t1110", "T9999.001")),
    CoveringRule("c", "Old", "elastalert", False, 2, ("T1110",)),
    CoveringRule("d", "Nothing said", "sigma", True, 0, ("attack",)),
)


def test_rules_are_counted_by_technique_whatever_their_kind():
    """On, off and fired apart; a rule that names no technique is counted, one that is off is no cover."""
    matrix = matrix_of(RULES, KNOWN)
    brute = matrix.find("t1110")
    assert brute is not None
    assert (["b", "a"], ["c"], ["b", "c"], 9) == (
        [rule.id for rule in brute.enabled],
        [rule.id for rule in brute.disabled],
        [rule.id for rule in brute.fired],
        brute.matches,
    )
    assert (2, 1) == (matrix.covered, matrix.untagged)
    assert [] == list(matrix.find("T1078").enabled)


def test_a_technique_in_no_table_of_ours_is_listed_too():
    """Under its identifier, in no tactic; what is no identifier is not."""
    matrix = matrix_of(RULES, KNOWN)
    odd = matrix.find("T9999.001")
    assert ("T9999.001", ()) == (odd.name, odd.tactics)
    assert matrix.find("attack") is None


def test_a_layer_of_the_navigator_scores_by_rules_or_by_what_fired():
    """Only techniques with a rule are in it, the gradient ends at the highest score."""
    matrix = matrix_of(RULES, KNOWN)
    by_rules, by_fired = navigator_layer(matrix), navigator_layer(matrix, "fired")
    assert ["T1110", "T9999.001"] == [each["techniqueID"] for each in by_rules["techniques"]]
    assert [2, 1] == [each["score"] for each in by_rules["techniques"]]
    assert [2, 1] == [each["score"] for each in by_fired["techniques"]]
    assert (2, "enterprise-attack", "4.5") == (
        by_rules["gradient"]["maxValue"],
        by_rules["domain"],
        by_rules["versions"]["layer"],
    )
    assert "Guessed; Guessing" == by_rules["techniques"][0]["comment"]


def test_a_technique_whose_rules_are_all_off_has_no_score():
    """It stands in the layer, so that its comment and figures can be read."""
    layer = navigator_layer(matrix_of(RULES[2:3], KNOWN))
    (entry,) = layer["techniques"]
    assert ("T1110", False, 1) == (entry["techniqueID"], "score" in entry, layer["gradient"]["maxValue"])


def test_a_technique_in_no_table_of_ours_serves_the_tactics_its_rules_name():
    """Those that at least half of them do; however their tags are written."""
    stealth = tactics_of(["attack.stealth", "attack.command_and_control", "attack.t1685", "cve.2020"])
    assert ("Stealth", "Command and Control") == stealth
    rules = [
        CoveringRule("a", "", "sigma", True, 0, ("T1685",), stealth),
        CoveringRule("b", "", "sigma", True, 0, ("T1685",), ("Stealth",)),
        CoveringRule("c", "", "sigma", True, 0, ("T1685",), ("Stealth", "Impact")),
    ]
    assert ("Stealth",) == matrix_of(rules, KNOWN).find("T1685").tactics


def test_a_sub_technique_in_no_table_of_ours_serves_what_its_technique_does():
    """Whatever else its rules are about."""
    rule = CoveringRule("a", "", "sigma", True, 0, ("T1110.999",), ("Impact",))
    assert ("Credential Access",) == matrix_of([rule], KNOWN).find("T1110.999").tactics
