"""A workflow engine without threads, for tests that look at what a run does and not at how it survives."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.respond.engine import RunSteps, carry_out


class SameThread:
    """An engine that carries a run out where it is started."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self.asked: list[list[str]] = []
        """What it was asked to know, in order."""
        self.steps: RunSteps

    def launch(self, steps: RunSteps) -> None:
        """Take the steps; a second launch is that of a process that knows nothing."""
        self.steps = steps
        self._taken = set()

    def start(self, run_id: str, count: int) -> None:
        """Carry the run out, unless it was."""
        if run_id not in self._taken:
            self._taken.add(run_id)
            carry_out(self.steps, run_id, count)

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Return those that were started."""
        if run_ids:
            self.asked.append(list(run_ids))
        return self._taken & set(run_ids)

    def forget(self, run_ids: Sequence[str]) -> None:
        """Know them no more."""
        self._taken -= set(run_ids)

    def close(self, timeout_s: float = 10.0) -> None:
        """Have nothing to wait for."""
