"""Uses the compiled form of a module where there is one that was made from the very source beside it.

`hatch_build.py` compiles the modules that every event passes through into `tocsin/_native`. They are
used all or none: not when any of their sources has changed since, not by another Python than they were
compiled for, and not with `TOCSIN_NATIVE=0` in the environment.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent


class NativeFinder(importlib.abc.MetaPathFinder):
    """Finds compiled modules before their sources. `modules`: their files, by full name."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # the import system's signature
        target: ModuleType | None = None,  # noqa: ARG002  # see above
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a compiled module, or None for any other."""
        file = self.modules.get(fullname)
        return None if file is None else importlib.util.spec_from_file_location(fullname, file)


def install(package: Path = PACKAGE) -> None:
    """Use the compiled modules from now on, where they can be used."""
    if status() == "interpreted":
        modules = usable(package)
        if modules:
            sys.meta_path.insert(0, NativeFinder(modules))


def status() -> str:
    """Return `native` or `interpreted`, as the hot modules run in this process."""
    native = any(isinstance(finder, NativeFinder) for finder in sys.meta_path)
    return "native" if native else "interpreted"


def usable(package: Path) -> dict[str, str]:
    """Return the files of the compiled modules of a package, or nothing when they cannot be used."""
    folder = package / "_native"
    if os.environ.get("TOCSIN_NATIVE") == "0" or not (folder / "built.json").is_file():
        return {}
    import hashlib  # noqa: PLC0415  # an agent without compiled modules starts without these
    import json  # noqa: PLC0415  # see above

    note = json.loads((folder / "built.json").read_text())
    if note["suffix"] != importlib.machinery.EXTENSION_SUFFIXES[0]:
        return {}
    for name, digest in note["sources"].items():
        source = package.joinpath(*name.split(".")[1:]).with_suffix(".py")
        if not source.is_file() or hashlib.sha256(source.read_bytes()).hexdigest() != digest:
            return {}
    return {name: str(folder / file) for name, file in note["files"].items()}
