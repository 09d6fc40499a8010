"""The walk of one line, told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.clock import SECOND, from_iso
from tocsin.rules import load
from tocsin.rules.explain import Explainer
from tocsin.rules.reach import reach_of
from tocsin.rules.sources import content_files

_AT = from_iso("2026-11-24T00:00:00Z")
_DECODERS = r"""
<decoder name="web"><program_name>^httpd$</program_name></decoder>
<decoder name="sshd"><program_name>^sshd$</program_name></decoder>
<decoder name="sshd-ok"><parent>sshd</parent><prematch>^Accepted \w+ for </prematch>
  <regex offset="after_prematch">^(\S+) from (\S+) port</regex><order>user, srcip</order></decoder>
<decoder name="sshd-bad"><parent>sshd</parent><prematch>^Failed \w+ for </prematch>
  <regex offset="after_prematch">^(\S+) from (\S+) port</regex><order>user, srcip</order></decoder>
"""
_RULES = r"""<group name="demo,">
<rule id="100" level="0"><decoded_as>sshd</decoded_as><description>ssh</description></rule>
<rule id="101" level="5"><if_sid>100</if_sid><match>Failed</match><description>failed</description></rule>
<rule id="102" level="9"><if_sid>101</if_sid><user>^root$</user><description>root failed</description></rule>
<rule id="103" level="10" frequency="3" timeframe="60"><if_matched_sid>101</if_matched_sid><same_srcip />
  <description>many</description></rule>
<rule id="104" level="3"><decoded_as>web</decoded_as><description>web</description></rule>
</group>"""
_LINE = "Nov 24 00:00:00 gate sshd[7]: Failed password for bob from 192.0.2.7 port 22 ssh2"


@pytest.fixture
def explainer(tmp_path: Path) -> Explainer:
    for part, text in (("decoders", _DECODERS), ("rules", _RULES)):
        (tmp_path / part).mkdir()
        (tmp_path / part / "demo.xml").write_text(text)
    ruleset = load([tmp_path])
    assert ruleset.problems == ()
    return Explainer(ruleset, [tmp_path], content_files([tmp_path], "rules"))


def test_the_header_that_was_recognised(explainer: Explainer) -> None:
    """Program, host and time are shown, and what is left of the line."""
    found = explainer.explain(_LINE, at=_AT)
    assert ("sshd", "7", "gate") == tuple(found.predecoded[name] for name in ("program", "pid", "hostname"))
    assert found.predecoded["log"].startswith("Failed password")


def test_decoders_that_were_tried_and_where_they_stopped(explainer: Explainer) -> None:
    """Each that failed names the clause, its pattern, and how much of it matched."""
    web, sshd, ok, bad, read = explainer.explain(_LINE, at=_AT).decoders
    assert ("failed", "program_name", "^httpd$") == (web.outcome, web.clause, web.pattern)
    assert "selected" == sshd.outcome
    assert ("failed", "prematch") == (ok.outcome, ok.clause)
    assert ("selected", "read", "sshd-bad") == (bad.outcome, read.outcome, read.name)


def test_the_clause_each_candidate_failed_on(explainer: Explainer) -> None:
    """The condition, and the value it saw."""
    found = explainer.explain(_LINE, at=_AT)
    assert found.verdict is not None
    assert "101" == found.verdict.id
    steps = {step.id: step for step in found.rules}
    user = steps["102"].clause
    assert user is not None
    assert ("user", "^root$", "bob") == (user.tag, user.text, steps["102"].value)
    assert "104" not in steps  # a sibling behind the winner is no candidate any more


def test_what_a_correlation_waits_for(explainer: Explainer) -> None:
    """How many earlier events it needs, and how many there were; then it fires."""
    first = {step.id: step for step in explainer.explain(_LINE, at=_AT).rules}
    assert "waits" == first["103"].outcome
    assert (
        "needs 2 earlier events of rule 101 within 60 s with the same srcip; there were 0"
        == first["103"].note
    )
    second = {step.id: step for step in explainer.explain(_LINE, at=_AT + SECOND).rules}
    assert second["103"].note.endswith("there were 1")
    third = explainer.explain(_LINE, at=_AT + 2 * SECOND)
    assert third.verdict is not None
    assert ("103", True) == (third.verdict.id, third.agrees)


def test_the_short_form_leaves_out_what_failed_at_once(explainer: Explainer) -> None:
    """And says how much that was."""
    full = explainer.explain("Nov 24 00:00:00 gate httpd: hello", at=_AT)
    short = full.interesting()
    assert len(full.decoders) == len(short.decoders) + short.decoders_left_out
    assert short.rules_left_out == len(full.rules) - len(short.rules) > 0


def test_a_line_that_nobody_knows(explainer: Explainer) -> None:
    """There is no decoder and no verdict, and that agrees."""
    found = explainer.explain("just text", at=_AT)
    assert (None, None, True) == (found.decoder, found.verdict, found.agrees)


def test_how_far_a_pattern_gets() -> None:
    """The longest beginning that still matches, and what is asked for next."""
    reach = reach_of(r"^Accepted \w+ for (\S+) from", "osregex", "Accepted key of bob")
    assert reach is not None
    assert (r"^Accepted \w+ ", "f") == reach
    assert reach_of("zzz", "osmatch", "abc") is None
    assert reach_of("a.c", "pcre2", "xyz") is None
