"""`tocsin rules list|show|tree`: rules to look at."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

import typer

from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, RulesetOption, opened
from tocsin.rules.catalogue import Branch, Condition, RuleDetail, RuleFilter, RuleView


def list_rules(  # noqa: PLR0917 - typer reads options from the parameters
    ruleset: RulesetOption = None,
    level: Annotated[int | None, typer.Option(min=0, max=16, help="At least this level.")] = None,
    group: Annotated[str, typer.Option(help="Of this group.")] = "",
    decoder: Annotated[str, typer.Option(help="Asking for this decoder.")] = "",
    file: Annotated[str, typer.Option(help="Of this file, by path or base name.")] = "",
    text: Annotated[str, typer.Option(help="With this in the description.")] = "",
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Only those switched on, or off.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List rules in the order of loading; status 1 when none is wanted.

    Example: tocsin rules list --group authentication_failed --level 5
    """
    wanted = RuleFilter(level, group, decoder, file, text, enabled)
    found = opened(ruleset, data, config).catalogue.list(wanted)
    if json_:
        print_json(found)
    else:
        for view in found:
            console().print(_line(view))
        console().print(f"{len(found)} rules")
    raise typer.Exit(0 if found else 1)


def show(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="The rule's number.")],
    ruleset: RulesetOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Show a rule: its source, what it asks for in force, where it stands, where it came from, its hits.

    Example: tocsin rules show 5712
    """
    detail = opened(ruleset, data, config).catalogue.show(rule_id)
    if json_:
        print_json(detail)
    else:
        for line in _told(detail):
            console().print(line)


def tree(  # noqa: PLR0917 - typer reads options from the parameters
    rule_id: Annotated[str, typer.Argument(metavar="[ID]", help="Only below this rule.")] = "",
    ruleset: RulesetOption = None,
    depth: Annotated[int, typer.Option(min=0, max=64, help="Levels to show.")] = 64,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Show the tree in which rules refine each other, in the order they are tried.

    Example: tocsin rules tree 5700 --depth 2
    """
    branches = opened(ruleset, data, config).catalogue.tree(rule_id, depth)
    if json_:
        print_json(branches)
    else:
        for branch in branches:
            _print_branch(branch, 0)


def _print_branch(branch: Branch, depth: int) -> None:
    off = "" if branch.enabled else "  (off)"
    more = "  ..." if branch.cut else ""
    console().print(f"{'  ' * depth}{branch.id} ({branch.level}) {branch.description}{off}{more}")
    for child in branch.children:
        _print_branch(child, depth + 1)


def _line(view: RuleView) -> str:
    off = "" if view.enabled else " (off)"
    return f"{view.id:>6} {view.level:>2}  {view.description}{off}  [{PurePath(view.file).name}:{view.line}]"


def _told(detail: RuleDetail) -> list[str]:
    view = detail.rule
    lines = [
        f"rule {view.id}, level {view.level}{'' if view.enabled else ', switched off'}: {view.description}"
    ]
    for number, part in enumerate(detail.source):
        lines += ["", f"{part.file}:{part.line}{', replaces what is above' if number else ''}"]
        lines += [f"    {text}" for text in part.text.splitlines()]
    lines += ["", "in force:", *(f"    {condition_text(c)}" for c in (*detail.placing, *detail.conditions))]
    if detail.frequency is not None:
        lines.append(f"    {detail.frequency} events in {detail.timeframe_s} s")
    if detail.counts:
        lines.append(f"    counts rules {', '.join(detail.counts)}")
    lines += _family("parents", detail.parents) + _family("children", detail.children)
    lines.append(f"groups: {', '.join(view.groups) or '-'}; ATT&CK: {', '.join(view.mitre) or '-'}")
    lines.append(f"hits: {view.hits}, alerts: {view.alerts}, last: {moment(view.last_hit_at)}")
    came = detail.provenance
    if came is not None:
        edited = ", edited here since" if came.edited else ""
        version = f" {came.version}" if came.version else ""
        lines.append(
            f"imported: {came.set_name}{version} from {came.origin} by {came.by}, "
            f"{moment(came.imported_at)}{edited}"
        )
    return lines


def _family(title: str, views: tuple[RuleView, ...]) -> list[str]:
    return [f"{title}: {len(views) or 'none'}", *(f"    {_line(view)}" for view in views)]


def condition_text(condition: Condition) -> str:
    """Return a condition as it would stand in a rule."""
    attributes = "".join(f' {name}="{value}"' for name, value in condition.attributes.items())
    return f"<{condition.tag}{attributes}>{condition.text}</{condition.tag}>"
