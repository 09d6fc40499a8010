"""`tocsin rules`: check content and run the cases beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from tocsin.cli.cases import run_other_cases
from tocsin.core.errors import NotFoundError, Problem
from tocsin.rules import Ruleset, load
from tocsin.rules.cases import Outcome, case_files, run_cases

app = typer.Typer(help="Decoders and rules: check them, test them.", no_args_is_help=True)

JSONOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command(name="test")
def run(
    paths: Annotated[list[Path], typer.Argument(help="Content folders, or single files in them.")],
    json_: JSONOption = False,
) -> None:
    """Run the cases beside content of every kind; status 1 when one fails or content is refused.

    Example: tocsin rules test content
    """
    ruleset = _load(paths)
    files = list(dict.fromkeys(file for path in paths for file in case_files(path)))
    outcomes, problems = run_cases(ruleset, files)
    others, refused = run_other_cases(paths)
    outcomes, problems = [*outcomes, *others], [*ruleset.problems, *problems, *refused]
    failed = [outcome for outcome in outcomes if outcome.failures]
    if json_:
        _print_json({"cases": outcomes, "problems": [_described(problem) for problem in problems]})
    else:
        _print_outcomes(outcomes, failed, problems)
    raise typer.Exit(1 if failed or problems or not outcomes else 0)


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Content folders.")],
    json_: JSONOption = False,
) -> None:
    """Load content and name what is refused, with file, line and reason; status 1 when anything is.

    Example: tocsin rules check /var/ossec/etc
    """
    ruleset = _load(paths)
    if json_:
        described = [_described(problem) for problem in ruleset.problems]
        _print_json({"rules": len(ruleset.rules), "problems": described})
    else:
        _print_problems(ruleset.problems)
        _console().print(f"{len(ruleset.rules)} rules in force, {len(ruleset.problems)} problems")
    raise typer.Exit(1 if ruleset.problems else 0)


def _load(paths: Sequence[Path]) -> Ruleset:
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} does not exist")
    return load(
        list(dict.fromkeys(path if path.is_dir() else path.resolve().parent.parent for path in paths))
    )


def _described(problem: Problem) -> dict[str, str | int]:
    location = problem.location
    return {
        "file": location.path,
        "line": location.line,
        "subject": problem.subject,
        "reason": problem.reason,
    }


def _print_json(document: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def _print_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        _console().print(str(problem))


def _print_outcomes(
    outcomes: Sequence[Outcome], failed: Sequence[Outcome], problems: Sequence[Problem]
) -> None:
    _print_problems(problems)
    console = _console()
    for outcome in failed:
        console.print(f"{outcome.file}:{outcome.line}: {outcome.name}")
        for failure in outcome.failures:
            console.print(f"    {failure}")
    console.print(f"{len(outcomes) - len(failed)} of {len(outcomes)} cases passed")


def _console() -> Console:
    return Console(markup=False, highlight=False, soft_wrap=True)
