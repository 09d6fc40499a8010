"""`tocsin pipelines`: check ingest pipelines, run their cases, and try them on a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tocsin.cli.printing import console, described, print_json, print_problems
from tocsin.core.clock import SystemClock, to_iso
from tocsin.core.errors import ContentError, Location, NotFoundError, Problem
from tocsin.core.event import Event
from tocsin.core.fields import MESSAGE, TIMESTAMP

app = typer.Typer(
    help="Ingest pipelines: what is done to the events of a source before they are kept.",
    no_args_is_help=True,
)

PathsArgument = Annotated[list[Path], typer.Argument(help="Pipeline files, or folders of them.")]
GeoIPOption = Annotated[Path | None, typer.Option("--geoip", help="A MaxMind database for geoip steps.")]
JSONOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def check(paths: PathsArgument, geoip: GeoIPOption = None, json_: JSONOption = False) -> None:
    """Read pipelines and name what is refused, with file, line and reason; status 1 when anything is.

    Example: tocsin pipelines check /etc/tocsin/pipelines
    """
    from tocsin.ingest.processors.loader import read_file

    names, problems = [], []
    for path in _files(paths):
        try:
            names.append(read_file(path, geoip).name)
        except ContentError as error:
            problems.append(_problem(error, path))
    if json_:
        print_json({"pipelines": names, "problems": [described(problem) for problem in problems]})
    else:
        print_problems(problems)
        console().print(f"{len(names)} pipelines, {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@app.command(name="test")
def run(paths: PathsArgument, geoip: GeoIPOption = None, json_: JSONOption = False) -> None:
    """Run the cases in pipeline files; status 1 when one fails or a file is refused.

    Example: tocsin pipelines test /etc/tocsin/pipelines
    """
    from tocsin.ingest.processors.cases import Outcome, run_cases

    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for path in _files(paths):
        try:
            outcomes.extend(run_cases(path, geoip))
        except ContentError as error:
            problems.append(_problem(error, path))
    failed = [outcome for outcome in outcomes if outcome.failures]
    if json_:
        cases = [{"name": o.name, "at": str(o.location), "failures": list(o.failures)} for o in outcomes]
        print_json({"cases": cases, "problems": [described(problem) for problem in problems]})
    else:
        for outcome in failed:
            console().print(f"failed {outcome.location} {outcome.name}")
            for failure in outcome.failures:
                console().print(f"  {failure}")
        print_problems(problems)
        console().print(f"{len(outcomes)} cases, {len(failed)} failed, {len(problems)} problems")
    raise typer.Exit(1 if failed or problems or not outcomes else 0)


@app.command(name="try")
def try_(
    paths: PathsArgument,
    source: Annotated[str, typer.Option(help="The source the lines are taken to come from.")] = "",
    geoip: GeoIPOption = None,
) -> None:
    """Put lines from standard input through pipelines; print the event of each as a line of JSON.

    Without --source the lines go through every pipeline given.

    Example: tail -n 5 access.log | tocsin pipelines try nginx.yml
    """
    from tocsin.ingest.processors.loader import read_file
    from tocsin.ingest.processors.pipeline import IngestPipelines

    pipelines = IngestPipelines([read_file(path, geoip) for path in _files(paths)])
    now = SystemClock().now()
    for number, line in enumerate(sys.stdin, start=1):
        event = Event(source, number, now, now, line.rstrip("\r\n"), {})
        dropped = pipelines.run(event) if source else pipelines.run_all(event)
        shown: dict[str, Any] = {TIMESTAMP: to_iso(event.at), MESSAGE: event.message, **event.fields}
        answer = shown if dropped is None else {MESSAGE: event.message, "dropped": dropped}
        typer.echo(msgspec.json.encode(answer))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} does not exist")
        yield from sorted(path.glob("*.yml")) if path.is_dir() else (path,)


def _problem(error: ContentError, path: Path) -> Problem:
    return Problem(error.location or Location(str(path)), error.message)
