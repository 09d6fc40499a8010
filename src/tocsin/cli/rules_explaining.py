"""`tocsin rules explain|dead`: why a line has its verdict, and which rules can have none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, get_args

import typer

from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, RulesetOption, opened
from tocsin.cli.rules_looking import condition_text
from tocsin.core.errors import InvalidError
from tocsin.core.record import Kind
from tocsin.rules.dead import dead_rules, unseen
from tocsin.rules.decoder_walk import DecoderStep
from tocsin.rules.explain import Explainer, Explanation
from tocsin.rules.rule_walk import RuleStep

_MOST_VALUE = 120


def explain(  # noqa: PLR0917 - typer reads options from the parameters
    line: Annotated[str, typer.Argument(help="A log line; without it, lines are read from stdin.")] = "",
    ruleset: RulesetOption = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also the decoders and rules of which nothing matched.")
    ] = False,
    location: Annotated[str, typer.Option(help="Where the line is taken to come from.")] = "stdin",
    kind: Annotated[str, typer.Option(help="What kind of record it is, such as line or json.")] = "line",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Show the way of a line: header, decoders tried, fields, candidate rules, and the winner.

    Several lines on stdin share what rules remember, so that frequency rules can be followed.
    Status 1 when no rule holds.

    Example: tocsin rules explain 'Nov 24 10:00:00 web sshd[7]: Failed password for bob from 192.0.2.1 port 9'
    """
    known = next((one for one in get_args(Kind) if one == kind), None)
    if known is None:
        raise InvalidError(f"{kind!r} is no kind of record; known: {', '.join(get_args(Kind))}")
    given = opened(ruleset, data, config)
    explainer = Explainer(given.ruleset, given.folders, given.files)
    found = None
    for one in [line] if line else _lines():
        found = explainer.explain(one, at=time.time_ns() // 1_000, location=location, kind=known)
        found = found if all_ else found.interesting()
        if json_:
            print_json(found)
        else:
            for text in _told(found):
                console().print(text)
    raise typer.Exit(0 if found is not None and found.verdict is not None else 1)


def dead(
    ruleset: RulesetOption = None,
    unseen_days: Annotated[
        int, typer.Option(min=0, help="Also rules that were no verdict for so many days.")
    ] = 0,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Report rules that can never be a verdict, each with its reason; status 1 when there are any.

    Example: tocsin rules dead --unseen-days 30
    """
    given = opened(ruleset, data, config)
    found = dead_rules(given.ruleset, given.folders, given.options, memory_size=given.memory_size)
    rules = list(given.ruleset.tree.rules.values())
    now = time.time_ns() // 1_000
    idle = unseen(rules, given.figures, now, unseen_days) if unseen_days else []
    if json_:
        seldom = [{"id": str(rule.id), "last_hit_at": last} for rule, last in idle]
        print_json({"dead": found, "unseen": seldom})
    else:
        for rule in found:
            console().print(
                f"{rule.id:>6}  {rule.kind}: {rule.reason}  [{PurePath(rule.file).name}:{rule.line}]"
            )
        for idle_rule, last in idle:
            console().print(f"{idle_rule.id:>6}  unseen: last hit {moment(last)}")
        console().print(f"{len(found)} of {len(rules)} rules can never be a verdict")
        if unseen_days:
            console().print(f"{len(idle)} were none for {unseen_days} days")
    raise typer.Exit(1 if found else 0)


def _lines() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        line = raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        if line:
            yield line


def _told(found: Explanation) -> Iterator[str]:
    yield f"line     {found.line}"
    header = ", ".join(f"{name} {value!r}" for name, value in found.predecoded.items() if name != "log")
    yield f"header   {header or 'none recognised'}"
    if "log" in found.predecoded:
        yield f"log      {found.predecoded['log']}"
    yield "decoders"
    yield from (f"  {_decoder(step)}" for step in found.decoders)
    if found.decoders_left_out:
        yield f"  ({found.decoders_left_out} more of which nothing matched: --all)"
    parent = f" (child of {found.parent})" if found.parent else ""
    yield f"decoder  {found.decoder or 'none'}{parent}"
    yield "fields"
    yield from (f"  {name}: {value}" for name, value in found.fields.items())
    yield f"rules of category {found.category}"
    yield from (f"  {'  ' * step.depth}{_rule(step)}" for step in found.rules)
    if found.rules_left_out:
        yield f"  ({found.rules_left_out} more of which nothing matched: --all)"
    verdict = found.verdict
    yield (
        f"verdict  rule {verdict.id}, level {verdict.level}: {verdict.description}"
        if verdict
        else "verdict  none"
    )
    if not found.agrees:
        yield "note     memory of earlier lines changed what rules saw: the walk is not all of it"


def _decoder(step: DecoderStep) -> str:
    where = f"[{PurePath(step.file).name}:{step.line}]"
    if step.outcome != "failed":
        return f"{step.name}: {'selected' if step.outcome == 'selected' else 'reads fields'}  {where}"
    stopped = f", matches up to {step.matched!r}, then asks for {step.wanted!r}" if step.matched else ""
    return f"{step.name}: {step.clause} {step.pattern[:_MOST_VALUE]!r} does not match{stopped}  {where}"


def _rule(step: RuleStep) -> str:
    head = f"{step.id} ({step.level}) "
    note = f": {step.note}" if step.note else ""
    if step.outcome == "failed" and step.clause is not None:
        value = "no such value" if step.value is None else repr(step.value[:_MOST_VALUE])
        return f"{head}fails on {condition_text(step.clause)}: {value}"
    words = {"matched": "holds", "waits": "waits", "off": "is off", "passes": "holds and gives no verdict"}
    return f"{head}{words.get(step.outcome, step.outcome)}{note} - {step.description}"
