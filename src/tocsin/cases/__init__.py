"""Alerts, cases, tasks, observables, comments, attachments and timelines."""

from tocsin.cases.alerts import AlertFilter, AlertService
from tocsin.cases.attachments import FileStore
from tocsin.cases.casework import CaseDraft, CaseFilter, CaseService
from tocsin.cases.figures import Figures, figures
from tocsin.cases.model import CaseSettings
from tocsin.cases.observables import ObservableDraft
from tocsin.cases.recording import AlertOutcome
from tocsin.cases.tables import Alert, Case, Comment, Observable, Task
from tocsin.cases.tasks import TaskDraft

__all__ = [
    "Alert",
    "AlertFilter",
    "AlertOutcome",
    "AlertService",
    "Case",
    "CaseDraft",
    "CaseFilter",
    "CaseService",
    "CaseSettings",
    "Comment",
    "Figures",
    "FileStore",
    "Observable",
    "ObservableDraft",
    "Task",
    "TaskDraft",
    "figures",
]
