"""What callers may send about alerts, cases and what hangs on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.cases.tasks import TaskDraft
from tocsin.core.clock import from_datetime, to_datetime

_Tags = Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=100)]
_Title = Annotated[str, Field(max_length=512)]
_LongText = Annotated[str, Field(max_length=1 << 20)]
_Text = Annotated[str, Field(max_length=65_536)]
_Severity = Annotated[int, Field(ge=1, le=4)]
_TLP = Annotated[int, Field(ge=0, le=4)]
_PAP = Annotated[int, Field(ge=0, le=3)]
_Login = Annotated[str, Field(max_length=160)]
_Id = Annotated[str, Field(max_length=64)]


_EPOCH = to_datetime(0)
"""Stands where nothing was sent; `given` leaves it out."""


class _In(BaseModel):
    """Unknown members are refused: a mistyped one would otherwise do nothing, silently."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return what was sent, instants as microseconds; null stays null."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        for name, value in sent.items():
            if name.endswith("_at") and value is not None:
                sent[name] = from_datetime(value)
        return sent


class AlertChangeIn(_In):
    """What to change of an alert; what is left out stays."""

    title: _Title = ""
    description: _LongText = ""
    severity: _Severity = 2
    status: Literal["new", "in_progress"] = "new"
    assignee: _Login | None = None
    tags: _Tags = []
    tlp: _TLP = 2
    pap: _PAP = 2
    custom_fields: dict[str, Any] = {}


class AlertCloseIn(_In):
    """How and why an alert closes."""

    resolution: str = Field(max_length=32)
    reason: _Text = ""


class ReasonIn(_In):
    """Why something is taken back."""

    reason: _Text = ""


class PromoteIn(_In):
    """How the new case differs from its alert."""

    template: str | None = Field(None, max_length=128)
    title: _Title | None = None
    assignee: _Login | None = None
    tags: _Tags = []
    tasks: Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=100)] = []


class MergeIn(_In):
    """The case an alert goes into."""

    case_id: _Id


class BulkIn(_In):
    """One thing to do to many alerts."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=500)]
    action: str = Field(max_length=32)
    arguments: dict[str, Any] = {}
    dry_run: bool = False


class MessageIn(_In):
    """A comment."""

    message: _Text


class ObservableIn(_In):
    """An observable to add."""

    kind: str = Field(max_length=32)
    value: str = Field(max_length=4096)
    message: str = Field("", max_length=4096)
    tlp: _TLP = 2
    pap: _PAP = 2
    tags: _Tags = []
    is_ioc: bool = False
    sighted: bool = False
    ignore_similarity: bool = False


class ObservableChangeIn(_In):
    """What to change of an observable; what is left out stays."""

    message: str = Field("", max_length=4096)
    tlp: _TLP = 2
    pap: _PAP = 2
    tags: _Tags = []
    is_ioc: bool = False
    sighted: bool = False
    ignore_similarity: bool = False


class TaskIn(_In):
    """A task to add."""

    title: str = Field(max_length=128)
    description: _Text = ""
    group: str = Field("default", max_length=128)
    assignee: _Login | None = None
    mandatory: bool = False
    due_at: AwareDatetime | None = None
    order: int | None = Field(None, ge=0, le=100_000)

    def draft(self) -> TaskDraft:
        """Return the task to add."""
        return TaskDraft(**self.given())


class CaseIn(_In):
    """A case to open."""

    title: _Title
    description: _LongText = ""
    severity: _Severity = 2
    tlp: _TLP = 2
    pap: _PAP = 2
    flag: bool = False
    assignee: _Login | None = None
    start_at: AwareDatetime | None = None
    tags: _Tags = []
    custom_fields: dict[str, Any] = {}
    tasks: Annotated[list[TaskIn], Field(max_length=100)] = []


class CaseChangeIn(_In):
    """What to change of a case; what is left out stays."""

    title: _Title = ""
    description: _LongText = ""
    summary: _LongText = ""
    severity: _Severity = 2
    status: Literal["new", "in_progress"] = "new"
    assignee: _Login | None = None
    tags: _Tags = []
    tlp: _TLP = 2
    pap: _PAP = 2
    flag: bool = False
    start_at: AwareDatetime = _EPOCH
    custom_fields: dict[str, Any] = {}


class CaseCloseIn(_In):
    """How a case closes."""

    resolution: str = Field(max_length=32)
    impact: str | None = Field(None, max_length=32)
    summary: _LongText = ""


class CaseMergeIn(_In):
    """The cases that go into this one."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=50)]


class TaskChangeIn(_In):
    """What to change of a task; what is left out stays."""

    title: str = Field("", max_length=128)
    description: _Text = ""
    group: str = Field("", max_length=128)
    status: str = Field("", max_length=16)
    assignee: _Login | None = None
    mandatory: bool = False
    due_at: AwareDatetime | None = None
    order: int = Field(0, ge=0, le=100_000)


class TechniqueIn(_In):
    """An ATT&CK technique used in what the case is about."""

    technique_id: str = Field(max_length=16)
    occurred_at: AwareDatetime | None = None
    description: _Text = ""


class MomentIn(_In):
    """A note for the timeline."""

    at: AwareDatetime
    title: _Title
    description: _Text = ""


class PinIn(_In):
    """An event for the timeline."""

    event_id: str = Field(max_length=512)
    note: _Text = ""
