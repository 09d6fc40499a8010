"""Playbooks are read whole or refused with file, line and reason."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tocsin.core.errors import ContentError
from tocsin.respond.actions import ACTIONS
from tocsin.respond.loader import load_folders, read_text

CONTENT = Path(__file__).resolve().parents[3] / "content" / "playbooks"
GOOD = dedent(
    """\
    name: small
    settle: 3s
    triggers:
      - alert.opened
      - event: alert.updated
        when: alert.severity:>=3
    steps:
      - name: look
        action: extract_observables
      - name: weigh
        action: verdict
        with:
          escalate_at: 10
          close_at: -10
          lines:
            - {name: a, when: "x:1", points: 5, reason: r}
      - name: shut
        action: close
        when: verdict.outcome:close
    """
)


def test_a_playbook_is_read_whole():
    """Triggers, conditions, steps and the hash of its text."""
    playbook = read_text("small.yml", GOOD, ACTIONS)
    assert [("alert.opened", ""), ("alert.updated", "alert.severity:>=3")] == [
        (trigger.event, trigger.when) for trigger in playbook.triggers
    ]
    assert ["look", "weigh", "shut"] == [step.name for step in playbook.steps]
    assert (3_000_000, 16) == (playbook.settle_us, len(playbook.version))
    assert read_text("small.yml", GOOD + "\n", ACTIONS).version != playbook.version


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("settle: 3s", "settle: soon", 2, "no span"),
        ("settle: 3s", "setle: 3s", 2, "did you mean 'settle'"),
        ("- alert.opened", "- alert.opend", 4, "alert.opend"),
        ("alert.severity:>=3", "'(a'", 6, "not a query"),
        (
            "action: extract_observables",
            "action: extract_observable",
            9,
            "did you mean 'extract_observables'",
        ),
        ("action: extract_observables", "acton: x", 9, "did you mean 'action'"),
        (
            "action: extract_observables",
            "action: extract_observables\n    with: {evnts: 1}",
            10,
            "unknown field",
        ),
        ("escalate_at: 10", "escalate_at: ten", 13, "Expected `int`"),
        ("escalate_at: 10", "escalate_at: -20", 14, "below escalate_at"),
        ("points: 5, ", "", 16, "missing required field `points`"),
        ('when: "x:1"', 'when: "x:["', 16, "not a query"),
        ("name: shut", "name: look", 17, "two steps"),
        ("verdict.outcome:close", "verdict.outcome:)", 19, "not a query"),
        ("name: small", "name: ../etc", 1, "letters, digits"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(old, new, line, reason):
    """With file and line."""
    with pytest.raises(ContentError, match=reason.replace("(", r"\(")) as caught:
        read_text("small.yml", GOOD.replace(old, new, 1), ACTIONS)
    assert str(caught.value.location) == f"small.yml:{line}"


@pytest.mark.parametrize(
    "text",
    ["", "- a", "steps: [", "name: x\nsteps: []", "a: &x [1]\nb: [*x, *x", "{" * 400, "name: x\nname: y"],
)
def test_what_is_no_playbook_is_refused(text):
    """Whatever is in the file, it is a refusal and not a crash."""
    with pytest.raises(ContentError):
        read_text("x.yml", text, ACTIONS)


def test_aliases_that_unfold_without_end_are_refused():
    """A small file must not become a large one."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ContentError, match="aliases"):
        read_text("bomb.yml", "\n".join(lines), ACTIONS)


def test_the_rest_is_loaded_beside_a_bad_file(tmp_path):
    """Of two with one name the first stands; a folder that is missing is a problem."""
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD)
    (tmp_path / "c.yml").write_text("name: c")
    loaded = load_folders([tmp_path, tmp_path / "nowhere"], ACTIONS)
    assert ["small"] == [playbook.name for playbook in loaded.playbooks]
    assert ["b", "c", ""] == [problem.subject for problem in loaded.problems]


def test_our_own_playbooks_load():
    """Without a problem."""
    loaded = load_folders([CONTENT], ACTIONS)
    assert loaded.problems == ()
    assert "triage" in [playbook.name for playbook in loaded.playbooks]
