"""`tocsin rules coverage`: the ATT&CK techniques that rules watch for, also as a layer of the Navigator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from tocsin.api.classifying import classifying_rules
from tocsin.cli.printing import console, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, opened, settings_of
from tocsin.core.attack import known_techniques
from tocsin.core.errors import InvalidError
from tocsin.detect.attack_matrix import TACTICS, Matrix, matrix_of
from tocsin.detect.navigator import navigator_layer


def coverage(  # noqa: PLR0917 - typer reads options from the parameters
    navigator: Annotated[
        Path | None, typer.Option("--navigator", help="Write a layer for the ATT&CK Navigator to this file.")
    ] = None,
    score: Annotated[
        Literal["rules", "fired"],
        typer.Option(help="Score of the layer: rules that are on, or rules that ever matched."),
    ] = "rules",
    all_: Annotated[bool, typer.Option("--all", help="Also techniques without a rule that is on.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Show which ATT&CK techniques detections and classifying rules watch for; beside a running platform too.

    Example: tocsin rules coverage --navigator layer.json --score fired
    """
    matrix = _matrix(data, config)
    if navigator is not None:
        _write(navigator, matrix, score)
    if json_:
        print_json(_plain(matrix))
    elif navigator is None:
        _tell(matrix, all_)
    else:
        console().print(f"{navigator}: {matrix.covered} techniques with a rule that is on")


def _matrix(data: Path | None, config: Path | None) -> Matrix:
    from tocsin.cli.detections_read import covering_detections  # needs the database

    classifying = classifying_rules(opened(None, data, config).catalogue)
    return matrix_of([*covering_detections(settings_of(data, config)), *classifying], known_techniques())


def _write(path: Path, matrix: Matrix, score: Literal["rules", "fired"]) -> None:
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(navigator_layer(matrix, score)), indent=2))
    except OSError as error:
        raise InvalidError(f"{path} cannot be written: {error.strerror}") from error


def _plain(matrix: Matrix) -> dict[str, object]:
    return {
        "covered": matrix.covered,
        "untagged_rules": matrix.untagged,
        "techniques": [
            {
                "id": each.id,
                "name": each.name,
                "tactics": list(each.tactics),
                "enabled": [rule.id for rule in each.enabled],
                "disabled": [rule.id for rule in each.disabled],
                "fired": [rule.id for rule in each.fired],
                "matches": each.matches,
            }
            for each in matrix.techniques
        ],
    }


def _tell(matrix: Matrix, all_: bool) -> None:
    out = console()
    for tactic in (*TACTICS, ""):
        of = [each for each in matrix.techniques if (tactic in each.tactics if tactic else not each.tactics)]
        shown = [each for each in of if each.enabled or all_]
        if not shown:
            continue
        covered = sum(1 for each in of if each.enabled)
        out.print(f"{tactic or 'in no table of ours'}: {covered} of {len(of)}")
        for each in shown:
            fired = f", {len(each.fired)} fired ({each.matches} matches)" if each.fired else ""
            off = f", {len(each.disabled)} off" if each.disabled else ""
            out.print(f"  {each.id:<10} {each.name}: {len(each.enabled)} rules{off}{fired}")
    out.print(
        f"{matrix.covered} of {len(matrix.techniques)} techniques have a rule that is on; "
        f"{matrix.untagged} rules that are on name none"
    )
