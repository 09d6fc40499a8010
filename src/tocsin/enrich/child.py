"""Run what reads untrusted files in a process of its own, with limits, and end it with all it started.

The parent side is `ChildProcess`; the child side is `python -m tocsin.enrich.child TASK`, which reads a
request as JSON from its input and writes the answer as JSON to its output. A task is a function.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import orjson

from tocsin.enrich.base import AnalysisError

_ERROR_TEXT = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use."""

    data_bytes: int = 1 << 30
    output_bytes: int = 4 << 20
    files: int = 128


class ChildProcess:
    """Starts children, each for one request. Thread safe."""

    def __init__(self, limits: Limits | None = None, command: Sequence[str] | None = None) -> None:
        self._limits = limits or Limits()
        self._command = tuple(command or (sys.executable, "-I", "-m", "tocsin.enrich.child"))

    def run(self, task: str, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the task's answer; raises `AnalysisError` on a refusal, a crash or past the time."""
        sent = orjson.dumps(
            {
                "limits": [self._limits.data_bytes, self._limits.output_bytes, self._limits.files],
                "cpu_s": int(timeout_s) + 1,
                "request": request,
            }
        )
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            status = self._wait(task, sent, output, errors, timeout_s)
            if status != 0:
                raise AnalysisError(f"the {task} process {_ended(status)}: {_tail(errors)}".rstrip(": "))
            return _answer(task, output, self._limits.output_bytes)

    def _wait(self, task: str, sent: bytes, output: IO[bytes], errors: IO[bytes], timeout_s: float) -> int:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [*self._command, task],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            start_new_session=True,
            close_fds=True,
        )
        try:
            _send(child, sent)
            ended = _ends_within(child.pid, timeout_s)
        finally:
            _end_group(child)
        if not ended:
            raise AnalysisError(f"not done after {timeout_s:g} s")
        return child.returncode


def _send(child: subprocess.Popen[bytes], sent: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # it ended already; its status says why
        child.stdin.write(sent)  # type: ignore[union-attr]  # opened as a pipe
        child.stdin.close()  # type: ignore[union-attr]  # the same


def _ends_within(pid: int, timeout_s: float) -> bool:
    """Wait for the end without reaping, so that the number of the process stays its own."""
    watch = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        return bool(poll.poll(timeout_s * 1_000))
    finally:
        os.close(watch)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole session; also after a clean end, for whatever it left running."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"


def _tail(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _ERROR_TEXT))
    return errors.read().decode("utf-8", "replace").strip()


def _answer(task: str, output: IO[bytes], limit: int) -> dict[str, Any]:
    output.seek(0)
    try:
        answer = orjson.loads(output.read(limit + 1))
    except orjson.JSONDecodeError as error:
        raise AnalysisError(f"the {task} process gave no readable answer") from error
    if not isinstance(answer, dict):
        raise AnalysisError(f"the {task} process gave no readable answer")
    if "refused" in answer:
        raise AnalysisError(str(answer["refused"])[:_ERROR_TEXT])
    return answer


def _limit(data_bytes: int, output_bytes: int, files: int, cpu_s: int) -> None:
    """Bind this process and its children. Data, not address space: YARA's engine reserves much of that."""
    for kind, limit in (
        (resource.RLIMIT_DATA, data_bytes),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def _task(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return the function of a task; only its own module is imported."""
    if name == "file":
        from tocsin.enrich.analyzers.fileparse import inspect_file  # noqa: PLC0415 - see the docstring

        return inspect_file
    if name == "yara":
        from tocsin.enrich.analyzers.yarascan import scan_file  # noqa: PLC0415 - see the docstring

        return scan_file
    from tocsin.enrich.analyzers.mailparse import inspect_mail  # noqa: PLC0415 - see the docstring

    return inspect_mail


def main() -> None:
    """Do one task: the child's side."""
    sent = orjson.loads(sys.stdin.buffer.read())
    data_bytes, output_bytes, files = sent["limits"]
    _limit(data_bytes, output_bytes, files, sent["cpu_s"])
    try:
        answer = _task(sys.argv[1])(sent["request"])
    except (AnalysisError, OSError, RecursionError, MemoryError) as error:
        answer = {"refused": str(error) or type(error).__name__}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main()
