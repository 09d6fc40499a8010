"""Where the content that comes with Tocsin stands: in the package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tocsin.core.errors import NotFoundError


def own_content() -> Path:
    """Return the folder with our decoders, rules, detections, playbooks and lists.

    Raises `NotFoundError` when the installation lacks it.
    """
    package = Path(str(files("tocsin")))
    for folder in (package / "content", package.parent.parent / "content"):
        if (folder / "rules").is_dir():
            return folder
    raise NotFoundError("the content that comes with Tocsin is missing: install the package again")
