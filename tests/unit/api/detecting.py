"""Detection over stand-ins of the log, as the services that routes about rules ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace

from tocsin.api.services import Services
from tocsin.core.event import Event
from tocsin.detect.engine import Detector
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService


def detecting(platform: Services, folder: Path, files: Mapping[str, str]) -> tuple[RuleService, Detector]:
    """Write rules into a folder and return them in force, and what runs them; nothing is ever logged."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    log = SimpleNamespace(follow=lambda *_: [], last_commit=lambda: 0)
    sink = SimpleNamespace(record=None)
    detector = Detector(
        log, platform.db, sink, RuleSet([]), clock=platform.clock, announcer=platform.announcer
    )
    service = RuleService(RuleBook([folder]), detector, platform.db, platform.audit)
    service.reload()
    return service, detector


def rehearsing(platform: Services, detector: Detector, past: Iterable[Event]) -> Rehearsals:
    """Return the trials of rules on these events, given from old to new."""
    events = list(past)
    return Rehearsals(
        lambda _, start, end: [each for each in events if start <= each.at < end],
        lambda: detector.rules,
        platform.db,
        platform.clock,
    )
