"""Detection engineering, wired for `app.py`: editing, switching, coverage, health, re-tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.accounts import Audit
from tocsin.content import rule_folders
from tocsin.core.announce import Announcer
from tocsin.core.clock import DAY
from tocsin.core.database import Database
from tocsin.detect.budget import Budget, Gatekeeper
from tocsin.detect.bulk import BulkSwitch
from tocsin.detect.editing import Editor
from tocsin.detect.gaps import Census
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.retest import Retest
from tocsin.detect.service import RuleService
from tocsin.detect.ward import Ward
from tocsin.query.tree import Everything, Node
from tocsin.rules.service import AnalysisRules
from tocsin.seams import ClassifyingCases, verdicts_since
from tocsin.settings import Settings
from tocsin.store.base import EventStore, Selection


class DetectionDesk:
    """The services of detection engineering over the parts of a platform."""

    def __init__(
        self, settings: Settings, detection: RuleService, rehearsals: Rehearsals, store: EventStore
    ) -> None:
        wanted = settings.detect
        self._settings = settings
        self._detection = detection
        self._rehearsals = rehearsals
        self._budget = Budget(wanted.budget_alerts_per_day, wanted.budget_days)
        self._census = _census(store, detection)

    def services(
        self, database: Database, audit: Audit, announcer: Announcer, analysis: AnalysisRules
    ) -> dict[str, Any]:
        """Return the services by the names the HTTP face knows them by."""
        detection, clock = self._detection, self._detection.clock
        editor = Editor(detection, self._rehearsals, audit)
        others = ClassifyingCases(analysis, self._folders)
        return {
            "gatekeeper": Gatekeeper(self._rehearsals, self._budget, clock),
            "editor": editor,
            "bulk": BulkSwitch(detection, self._rehearsals, editor, self._budget, audit),
            "census": self._census,
            "ward": Ward(self._census, verdicts_since, clock, self._budget.alerts_per_day),
            "retest": Retest(detection, editor, self._census, database, audit, announcer, others),
        }

    def _folders(self) -> tuple[Path, ...]:
        return rule_folders(self._settings)


def _census(store: EventStore, detection: RuleService) -> Census:
    """Return what asks the whole log, up to a day ahead, for what rules need."""

    def whole(condition: Node) -> Selection:
        return Selection(condition, 0, detection.clock.now() + DAY)

    return Census(
        lambda: detection.rules,
        lambda: {seen.name for seen in store.fields(whole(Everything()))},
        lambda condition: bool(store.search(whole(condition), limit=1).events),
        detection.clock,
    )
