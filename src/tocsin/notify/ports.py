"""What notify needs from others and is handed by the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Files(Protocol):
    """Where files are kept that go along with messages."""

    def content(self, file_id: str) -> bytes | None:
        """Return a file; None when it is no longer kept."""
        ...


class SubjectFacts(Protocol):
    """What an alert and a case have in common as messages tell of them; the words are those of `cases`."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def number(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def title(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def description(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def severity(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def tags(self) -> Sequence[str]: ...  # noqa: D102 - the words of `cases`

    @property
    def assignee(self) -> str | None: ...  # noqa: D102 - the words of `cases`

    @property
    def updated_at(self) -> int: ...  # noqa: D102 - the words of `cases`

    @property
    def resolution(self) -> str | None: ...  # noqa: D102 - the words of `cases`


class AlertFacts(SubjectFacts, Protocol):
    """An alert as messages tell of it."""

    @property
    def rule_id(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def rule_name(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def group_field(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def group_key(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def host(self) -> str: ...  # noqa: D102 - the words of `cases`

    @property
    def techniques(self) -> Sequence[str]: ...  # noqa: D102 - the words of `cases`

    @property
    def reason(self) -> str: ...  # noqa: D102 - the words of `cases`


class CaseFacts(SubjectFacts, Protocol):
    """A case as messages tell of it."""

    @property
    def summary(self) -> str: ...  # noqa: D102 - the words of `cases`
