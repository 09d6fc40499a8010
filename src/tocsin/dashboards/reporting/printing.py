"""Prints reports: as PDF in pages, as PNG in one picture, without a browser and in a process with limits.

The operator may name a Chromium that prints PDF instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from tocsin.core.errors import InvalidError
from tocsin.dashboards.reporting.bounds import PATIENCE_S, TOO_LONG
from tocsin.dashboards.reporting.pdf import PrintError, report_pdf

Form = Literal["html", "pdf", "png"]
FORMS: tuple[Form, ...] = ("html", "pdf", "png")
MEDIA = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "png": "image/png"}

_CHILD = (sys.executable, "-I", "-m", "tocsin.dashboards.reporting.plutochild")
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/texmf/fonts", "/nix/var/nix/profiles")
_LONGEST_REASON = 300


class TooLongError(InvalidError):
    """The report does not fit the form it was asked for."""

    code = "report-too-long"


def printed(html: str, form: Form, chromium: Path | None = None) -> bytes:
    """Return a page in the form that is asked for.

    Raises `InvalidError` where this machine has nothing to print with, `TooLongError` for one that has too
    many pages or pixels, and `PrintError` when printing fails or takes too long.
    """
    if form == "html":
        return html.encode()
    if form == "pdf" and chromium is not None:
        return report_pdf(html, chromium)
    _check()
    return _laid_out(html, form, _CHILD)


def _check() -> None:
    if find_spec("plutoprint") is None:
        raise InvalidError(
            "PlutoPrint is not there for this kind of machine: take HTML, or set dashboards.chromium for PDF"
        )
    if not any(any(Path(folder).rglob("*.[to]t[fc]")) for folder in _FONTS):
        raise InvalidError("there are no fonts on this machine to print with: install fonts-dejavu-core")


def _laid_out(html: str, form: Form, command: Sequence[str]) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            [*command, form],
            input=html.encode(),
            capture_output=True,
            timeout=PATIENCE_S,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PrintError(f"printing took longer than {PATIENCE_S:.0f} s") from error
    except OSError as error:
        raise PrintError(f"printing could not begin: {error}") from error
    said = ended.stderr.decode("utf-8", "replace").strip()[-_LONGEST_REASON:]
    if ended.returncode == TOO_LONG:
        raise TooLongError(f"the report does not fit: {said}")
    if ended.returncode or not ended.stdout:
        raise PrintError(f"printing ended with status {ended.returncode}: {said}".rstrip(": "))
    return ended.stdout
