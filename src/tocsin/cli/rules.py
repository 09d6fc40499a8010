"""`tocsin rules`: decoders and rules, and everything one does with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.printing import console, described, print_json, print_problems
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, RulesetOption, opened
from tocsin.cli.rules_coverage import coverage
from tocsin.cli.rules_diff import diff
from tocsin.cli.rules_explaining import dead, explain
from tocsin.cli.rules_importing import import_rules
from tocsin.cli.rules_looking import list_rules, show, tree
from tocsin.cli.rules_operating import disable, enable, reload, stats
from tocsin.core.errors import NotFoundError, Problem
from tocsin.rules import Ruleset, load
from tocsin.rules.cases import Outcome, case_files, run_cases

app = typer.Typer(
    help="Decoders and rules: look at them, check, test, explain, import, switch.", no_args_is_help=True
)


@app.command(name="test")
def run(
    paths: Annotated[list[Path], typer.Argument(help="Content folders, or single files in them.")],
    json_: JSONOption = False,
) -> None:
    """Run the cases beside content of every kind; status 1 when one fails or content is refused.

    Example: tocsin rules test content
    """
    from tocsin.cli.cases import run_other_cases  # detections and playbooks take seconds to load

    ruleset = _load(paths)
    files = list(dict.fromkeys(file for path in paths for file in case_files(path)))
    outcomes, problems = run_cases(ruleset, files)
    others, refused = run_other_cases(paths)
    outcomes, problems = [*outcomes, *others], [*ruleset.problems, *problems, *refused]
    failed = [outcome for outcome in outcomes if outcome.failures]
    if json_:
        print_json({"cases": outcomes, "problems": [described(problem) for problem in problems]})
    else:
        _print_outcomes(outcomes, failed, problems)
    raise typer.Exit(1 if failed or problems or not outcomes else 0)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Content folders; default: the platform's content.")
    ] = None,
    ruleset: RulesetOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Load content and name what is refused, with file, line, rule and reason; status 1 when anything is.

    Notes name the patterns that see the beginning of a very long text only.

    Example: tocsin rules check /var/ossec/etc
    """
    given = [*(paths or ()), *(ruleset or ())]
    loaded = _load(given) if given else opened(None, data, config).ruleset
    if json_:
        problems = [described(problem) for problem in loaded.problems]
        notes = [described(note) for note in loaded.limits()]
        print_json({"rules": len(loaded.rules), "problems": problems, "notes": notes})
    else:
        for note in loaded.limits():
            console().print(f"note: {note}", style="dim")
        print_problems(loaded.problems)
        console().print(f"{len(loaded.rules)} rules in force, {len(loaded.problems)} problems")
    raise typer.Exit(1 if loaded.problems else 0)


for name, command in (
    ("list", list_rules),
    ("show", show),
    ("tree", tree),
    ("explain", explain),
    ("dead", dead),
    ("coverage", coverage),
    ("diff", diff),
    ("stats", stats),
    ("enable", enable),
    ("disable", disable),
    ("reload", reload),
    ("import", import_rules),
):
    app.command(name=name)(command)


def _load(paths: Sequence[Path]) -> Ruleset:
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} does not exist")
    return load(
        list(dict.fromkeys(path if path.is_dir() else path.resolve().parent.parent for path in paths))
    )


def _print_outcomes(
    outcomes: Sequence[Outcome], failed: Sequence[Outcome], problems: Sequence[Problem]
) -> None:
    print_problems(problems)
    out = console()
    for outcome in failed:
        out.print(f"{outcome.file}:{outcome.line}: {outcome.name}")
        for failure in outcome.failures:
            out.print(f"    {failure}")
    out.print(f"{len(outcomes) - len(failed)} of {len(outcomes)} cases passed")
