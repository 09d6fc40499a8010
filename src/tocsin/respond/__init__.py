"""Playbooks: definition, engine and decisions.

Public face: a `PlaybookService` over `Parts` (what actions work through) and an `Engine`, of which there are
two: `dbos_engine.DBOSEngine`, and `local_engine.LocalEngine` in threads. `ports` says what respond is handed.
"""

from tocsin.respond.action import Parts
from tocsin.respond.engine import Engine
from tocsin.respond.service import PlaybookService

__all__ = ["Engine", "Parts", "PlaybookService"]
