"""`tocsin logtest`: lines put through decoders and rules, for people and for programs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import msgspec
import typer

from tocsin.content import own_content
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.rules import Ruleset, RulesetOptions, load
from tocsin.rules.logtest import LOCATION, LogTest, Question

MAX_LINE_BYTES = 8 * 1024 * 1024
LEFT_OUT = ("0215-policy_rules.xml",)
"""Wazuh's default settings leave this file out: its verdicts depend on the hour and the day."""
ALERT_LEVEL = 3
_HELP = "Type a line. `:reset` forgets what the session remembers, `:quit` or Ctrl-D ends."


def run(
    *,
    ruleset: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder with decoders/, rules/, lists/; may be given again. Default: our own content."
        ),
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, in and out.")] = False,
    location: Annotated[
        str, typer.Option(help="Where lines come from; an agent's read '[001] (name) any->path'.")
    ] = LOCATION,
    queue: Annotated[
        str,
        typer.Option(
            help="Kind of event: 1 or 2 a line, 8 file integrity, 9 rootcheck, d inventory, p policy checks, "
            "f Windows, e CIS-CAT, 3 network scan."
        ),
    ] = "1",
    geoip: Annotated[Path | None, typer.Option(help="MaxMind database for srcgeoip and dstgeoip.")] = None,
    patch_eventchannel: Annotated[
        bool, typer.Option("--patch-eventchannel", help="Let rule 60000 take Windows events as JSON lines.")
    ] = False,
    rule_exclude: Annotated[
        list[str] | None,
        typer.Option(help="Rule file to leave out, by base name; may be given again, '' for none."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Do not name what of the content is refused.")
    ] = False,
) -> None:
    r"""Put lines through decoders and rules and show what becomes of each.

    With --jsonl every line in is {"log": .., "location"?: .., "session"?: .., "queue"?: ..}; every line out
    is the answer to one, in order, flushed at once. Lines of a session share what rules remember; a line
    that cannot be read is answered with {"error": .., "line": ..}.

    Example: echo '{"log": "Nov 24 10:00:00 web sshd[7]: Failed password for bob from 192.0.2.1 port 9 ssh2"}'
    | tocsin logtest --jsonl --ruleset /var/ossec/ruleset
    """
    options = RulesetOptions(
        geoip=geoip,
        left_out=frozenset(LEFT_OUT if rule_exclude is None else rule_exclude),
        json_as_eventchannel=patch_eventchannel,
    )
    loaded = _load(ruleset or [own_content()], options, quiet=quiet)
    test = LogTest(loaded, now=lambda: time.time_ns() // 1_000)
    if jsonl:
        answer_lines(test, sys.stdin.buffer, sys.stdout, Question("", location, queue=queue))
    else:
        _converse(test, Question("", location, queue=queue))


def _load(folders: Sequence[Path], options: RulesetOptions, *, quiet: bool) -> Ruleset:
    for folder in folders:
        if not folder.is_dir():
            raise NotFoundError(f"{folder} is no folder")
    loaded = load(folders, options)
    if not quiet:
        for problem in loaded.problems:
            typer.echo(str(problem), err=True)
        for name in sorted(options.left_out):
            if any((folder / "rules" / name).is_file() for folder in folders):
                typer.echo(f"{name} is left out (--rule-exclude '' reads it)", err=True)
    return loaded


def answer_lines(test: LogTest, lines: BinaryIO, out: TextIO, usual: Question) -> None:
    """Answer each line as it comes; `usual` holds what a line need not state."""
    for number, line in enumerate(_lines(lines), start=1):
        answer = _answered(test, line, number, usual)
        try:
            out.write(answer + "\n")
            out.flush()
        except BrokenPipeError:  # nobody reads any more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too long only the beginning."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        whole = line
        while not whole.endswith(b"\n") and (whole := stream.readline(MAX_LINE_BYTES)):
            pass
        yield line


def _answered(test: LogTest, line: bytes, number: int, usual: Question) -> str:
    try:
        answer: Any = msgspec.to_builtins(test.ask(_question(line, usual)))
    except InvalidError as error:
        answer = {"error": f"line {number}: {error.message}", "line": number}
    # JSON of ASCII only: a log may hold what is no UTF-8.
    return json.dumps(answer, separators=(",", ":"))


def _question(line: bytes, usual: Question) -> Question:
    if len(line) > MAX_LINE_BYTES:
        raise InvalidError(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        document = json.loads(line)
        if not isinstance(document, dict):
            raise InvalidError("not a JSON object")
        stated = {"location": usual.location, "queue": usual.queue} | document
        return msgspec.convert(stated, Question)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise InvalidError(f"not understood: {error}") from error


def _converse(test: LogTest, usual: Question) -> None:
    asked = sys.stdin.isatty()
    if asked:
        typer.echo(_HELP)
    while True:
        try:
            line = input("> " if asked else "")
        except EOFError:
            return
        if line in (":quit", ":q"):
            return
        if line == ":reset":
            test.reset()
            typer.echo("forgotten")
        elif line == ":help":
            typer.echo(_HELP)
        elif line.strip():
            _show(test, msgspec.structs.replace(usual, log=line))


def _show(test: LogTest, question: Question) -> None:
    try:
        answer = test.ask(question)
    except InvalidError as error:
        typer.echo(f"error: {error.message}")
        return
    typer.echo("1. Pre-decoding")
    _show_fields(answer.predecoder)
    typer.echo("2. Decoding")
    decoder = answer.decoder or {"name": "none fits"}
    _show_fields({"decoder": decoder["name"]})
    if decoder.get("parent"):
        _show_fields({"parent": decoder["parent"]})
    _show_fields(dict(_flat(answer.data, "")))
    typer.echo("3. Filtering")
    _show_rule(answer.rule)
    alerts = test.alerts(answer, ALERT_LEVEL)
    typer.echo("   an alert would be generated" if alerts else "   no alert would be generated")


def _show_rule(rule: dict[str, Any] | None) -> None:
    if rule is None:
        typer.echo("   no rule matches")
        return
    mitre = ", ".join(str(value) for values in rule["mitre"].values() for value in values)
    _show_fields(
        {
            "rule": rule["id"],
            "level": rule["level"],
            "description": rule["description"],
            "groups": ", ".join(rule["groups"]),
            **({"mitre": mitre} if mitre else {}),
        }
    )


def _show_fields(fields: dict[str, Any]) -> None:
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        typer.echo(f"   {name:<{width}}  {value}")


def _flat(data: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)
