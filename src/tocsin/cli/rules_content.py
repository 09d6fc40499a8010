"""The content that `tocsin rules` works on, and how its commands print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from tocsin.content import analysis_options, content_store, memory_bound, rule_folders
from tocsin.core.errors import NotFoundError
from tocsin.rules import Ruleset, load
from tocsin.rules.catalogue import Catalogue
from tocsin.rules.options import RulesetOptions
from tocsin.rules.sources import content_files
from tocsin.rules.statistics import RuleFigures, kept_figures
from tocsin.rules.store import FIGURES_FILE, SWITCHES_FILE
from tocsin.rules.switchbook import SwitchBook
from tocsin.settings import Settings, load_settings

RulesetOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--ruleset",
        help="Folder with decoders/, rules/ and lists/; may be given again. Default: the platform's content.",
    ),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything that is kept.", envvar="TOCSIN_DATA")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default: tocsin.toml in the working folder.")
]
JSONOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True, slots=True)
class Opened:
    """A ruleset to look at, and where it came from."""

    ruleset: Ruleset
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    options: RulesetOptions
    figures: dict[int, RuleFigures]
    catalogue: Catalogue
    memory_size: int | None
    """How many earlier events rules remember at most; None: no such bound, or none is known."""


def settings_of(data: Path | None, config: Path | None) -> Settings:
    """Return the settings with what the command line says on top."""
    return load_settings(config, **({} if data is None else {"data": data}))


def opened(ruleset: Sequence[Path] | None, data: Path | None, config: Path | None) -> Opened:
    """Load the folders given, or the platform's content with its switches and figures."""
    for path in ruleset or ():
        if not path.is_dir():
            raise NotFoundError(f"{path} is no folder")
    if ruleset:
        return _loaded(tuple(ruleset), RulesetOptions(), {}, None)
    settings = settings_of(data, config)
    store = content_store(settings)
    off = SwitchBook(store.folder / SWITCHES_FILE).switches()
    options = replace(analysis_options(settings), off=off)
    return _loaded(rule_folders(settings), options, kept_figures(store.folder / FIGURES_FILE), settings)


def _loaded(
    folders: tuple[Path, ...],
    options: RulesetOptions,
    figures: dict[int, RuleFigures],
    settings: Settings | None,
) -> Opened:
    ruleset, files = load(folders, options), content_files(folders, "rules", options.left_out)
    if settings is None:
        catalogue = Catalogue(ruleset, files, options.off, figures)
    else:
        catalogue = Catalogue(ruleset, files, options.off, figures, content_store(settings).provenance)
    size = memory_bound(settings) if settings is not None else None
    return Opened(ruleset, folders, files, options, figures, catalogue, size)
