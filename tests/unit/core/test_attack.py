"""Names of ATT&CK techniques."""

from __future__ import annotations

import re
from pathlib import Path

from tocsin.core.attack import known_techniques, read_techniques

CONTENT = Path(__file__).parents[3] / "content"
TACTICS = {
    *("Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence"),
    *("Privilege Escalation", "Defense Evasion", "Credential Access", "Discovery", "Lateral Movement"),
    *("Collection", "Command and Control", "Exfiltration", "Impact"),
}


def test_every_technique_of_our_rules_is_named() -> None:
    """What our content names by number can be shown by name and tactic."""
    known = known_techniques()
    text = "".join(path.read_text("utf-8") for path in CONTENT.glob("rules/*.xml"))
    assert not [one for one in re.findall(r"<id>(T\d[\d.]*)</id>", text) if one not in known]
    assert all(set(technique.tactics) <= TACTICS for technique in known.values())


def test_an_operators_file_adds_and_goes_before(tmp_path: Path) -> None:
    """A folder's own file names more techniques; lines of another form are refused by number."""
    (tmp_path / "attack.tsv").write_text(
        "# ours\nT9999\tOdd\tImpact, Execution\nT1110\tGuessing\tImpact\nT1\n"
    )
    found, problems = read_techniques([tmp_path, tmp_path / "absent"])
    assert ("Odd", ("Impact", "Execution")) == (found["T9999"].name, found["T9999"].tactics)
    assert "Guessing" == found["T1110"].name
    assert "Password Guessing" == found["T1110.001"].name
    assert [4] == [problem.location.line for problem in problems]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """It does not keep the rest from being known."""
    (tmp_path / "attack.tsv").write_bytes(b"\xff\xfe\t\t")
    found, problems = read_techniques([tmp_path])
    assert "T1110" in found
    assert 1 == len(problems)
