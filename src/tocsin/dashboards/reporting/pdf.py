"""Prints a report with a browser the operator names: Chromium or one of its kin."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tocsin.core.errors import TocsinError

_PATIENCE_S = 60.0


class PrintError(TocsinError):
    """The browser did not print the report."""

    code = "not-printed"


def report_pdf(html: str, chromium: Path) -> bytes:
    """Return the page as PDF; raises `PrintError` when the browser fails.

    The page has no scripts and fetches nothing; the browser gets a profile of its own that is thrown away.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-report-") as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(html, encoding="utf-8")
        command = [
            str(chromium),
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        if os.geteuid() == 0:  # Chromium's own sandbox refuses to work for root
            command.insert(1, "--no-sandbox")
        _run(command)
        try:
            return target.read_bytes()
        except OSError as error:
            raise PrintError(f"{chromium} printed nothing") from error


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_S)  # noqa: S603  the operator's
    except subprocess.TimeoutExpired as error:
        raise PrintError(f"{command[0]} took longer than {_PATIENCE_S:.0f} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise PrintError(f"{command[0]} failed: {error}") from error
