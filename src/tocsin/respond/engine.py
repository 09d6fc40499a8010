"""The port of the workflow engine: what carries a run through its steps and survives being killed.

`tests/contract/engine` states it as tests for every adapter. The interpreter is the same for all: a run
is a number of steps; carrying out a step twice returns what the first time stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from tocsin.core.errors import TocsinError

StepState = Literal["success", "skipped", "failure", "stop"]
"""`failure`: the run goes on; `stop`: it must not."""


class EngineError(TocsinError):
    """The engine could not take or carry out a run."""

    code = "engine"


class RunSteps(Protocol):
    """What an engine carries out; the interpreter implements it. Thread safe."""

    def execute(self, run_id: str, position: int) -> StepState:
        """Carry out a step exactly once, however often it is called; raises only what may be tried again."""
        ...

    def finish(self, run_id: str, error: str = "") -> None:
        """Note that the run has ended; harmless when repeated. `error`: the engine gave up on it."""
        ...


class Engine(Protocol):
    """Carries runs out, each from where it was when its process died."""

    def launch(self, steps: RunSteps) -> None:
        """Begin to carry out runs, those of dead processes first."""
        ...

    def start(self, run_id: str, count: int) -> None:
        """Take a run of `count` steps; a run already known is left alone."""
        ...

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Return those of the runs that the engine has taken and will see to the end of."""
        ...

    def forget(self, run_ids: Sequence[str]) -> None:
        """Drop what is kept of runs that ended."""
        ...

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop taking runs and wait for those under way; what does not end is resumed later."""
        ...


def carry_out(steps: RunSteps, run_id: str, count: int) -> None:
    """Go through a run's steps, in this process and without memory of its own."""
    for position in range(count):
        if steps.execute(run_id, position) == "stop":
            break
    steps.finish(run_id)
