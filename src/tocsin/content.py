"""Which content there is: what comes with Tocsin, what the settings name, and what was imported."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from tocsin.core.errors import NotFoundError
from tocsin.decode.second_stage import SecondStage
from tocsin.rules.options import RulesetOptions
from tocsin.rules.store import ContentStore
from tocsin.settings import Settings


def own_content() -> Path:
    """Return the folder with our decoders, rules, detections, playbooks and lists.

    Raises `NotFoundError` when the installation lacks it.
    """
    package = Path(str(files("tocsin")))
    for folder in (package / "content", package.parent.parent / "content"):
        if (folder / "rules").is_dir():
            return folder
    raise NotFoundError("the content that comes with Tocsin is missing: install the package again")


def content_folders(
    settings: Settings, kind: Literal["detections", "playbooks", "warninglists", "dashboards"]
) -> list[Path]:
    """Return the folders of one kind of content, in the order they are read.

    Of two playbooks, detections or dashboards of one name the first stands, so the operator's are read
    before ours; lists build on each other, so ours come first.
    """
    named: Sequence[Path] = getattr(settings.content, kind)
    ours = [own_content() / kind] if settings.content.own else []
    return [*ours, *named] if kind == "warninglists" else [*named, *ours]


def content_store(settings: Settings) -> ContentStore:
    """Return where imported content, the operator's switches and the rules' figures are kept."""
    return ContentStore(settings.data.expanduser().resolve() / "content")


def rule_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders of decoders, rules and lists as they are now: ours, then configured, then imported.

    Their files are read in the order of base names over all folders, as Wazuh does. Ours step back when a
    whole ruleset was imported, unless the settings say otherwise: two would take each other's lines.
    """
    store = content_store(settings)
    return (*own_rules(settings, whole=store.has_whole()), *settings.content.rules, *store.folders())


def own_rules(settings: Settings, *, whole: bool) -> tuple[Path, ...]:
    """Return the folder of our own decoders and rules, if it counts beside a ruleset that is whole or not."""
    wanted = settings.content.own_rules
    counts = settings.content.own and (wanted == "always" or (wanted == "auto" and not whole))
    return (own_content(),) if counts else ()


def analysis_options(settings: Settings) -> RulesetOptions:
    """Return how content is read and records are understood, without the switches."""
    wanted = settings.rules
    return RulesetOptions(
        time="event" if wanted.memory == "keyed" else "received",
        zone=wanted.time_zone,
        geoip=settings.enrich.geoip,
        second_stage=_second_stage(wanted.second_stage),
    )


def memory_bound(settings: Settings) -> int | None:
    """Return how many earlier events rules remember at most; None where memory is bounded by rule and key."""
    return settings.rules.memory_size if settings.rules.memory == "compat" else None


def _second_stage(wanted: bool | frozenset[str]) -> SecondStage | None:
    if isinstance(wanted, bool):
        return SecondStage(everywhere=True) if wanted else None
    return SecondStage(decoders=wanted)
