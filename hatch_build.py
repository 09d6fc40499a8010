"""Compiles the modules that every event passes through, where mypyc and a C compiler are at hand.

`python hatch_build.py` compiles them for this checkout; a wheel built with `TOCSIN_NATIVE=1` holds them.
Either way they stand in `tocsin/_native`, beside a note of the sources they were made from, and
`tocsin.native` uses them as long as the sources are the same. Without them everything works, only slower.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.machinery
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a command where only mypyc is installed
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).resolve().parent
FOLDER = Path("src/tocsin/_native")
MODULES = {
    "decode": (
        *("analysis", "decoders", "dialect", "engines", "jsondoc", "model", "naming", "osmatch", "osregex"),
        *("patterns", "pcre2", "plugins", "predecode", "scan", "second_stage", "step_matcher", "steps"),
        *("structure", "subject", "timestamps", "tracked"),
    ),
    "rules": (
        *("accumulator", "addresses", "compiled", "conditions", "correlation", "deferred", "entries"),
        *("firings", "firstseen", "hours", "memory", "model", "ruleset", "shortlists", "siblings"),
        *("tracking", "tree", "verdict", "walk", "watched", "windows"),
    ),
}
"""By area, what is compiled: the way of an event, and what it leans on."""


class NotPossibleError(Exception):
    """Nothing can be compiled here; the text says why."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]  # an untyped base
    """Puts the compiled modules into a wheel built with `TOCSIN_NATIVE=1`; any other runs everywhere."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is put together; an editable install is compiled by `make native`."""
        if version == "editable" or os.environ.get("TOCSIN_NATIVE") != "1":
            return
        compile_modules(Path(self.root))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(f"/{FOLDER}")


def sources(root: Path) -> dict[str, Path]:
    """Return what is compiled, by the modules' names."""
    return {
        f"tocsin.{area}.{name}": root / "src" / "tocsin" / area / f"{name}.py"
        for area, names in MODULES.items()
        for name in names
    }


def compile_modules(root: Path) -> None:
    """Compile into `tocsin/_native`, or raise `NotPossibleError`; what stood there is replaced at once."""
    try:
        from mypyc.build import mypycify
        from setuptools import Distribution
        from setuptools.command.build_ext import build_ext
    except ImportError as error:
        raise NotPossibleError(f"{error.name} is not installed") from error
    found = sources(root)
    with tempfile.TemporaryDirectory() as scratch, _inside(root), _quiet() as said:
        try:
            extensions = mypycify(
                [str(path.relative_to(root)) for path in found.values()],
                opt_level="2",
                debug_level="0",
                target_dir=f"{scratch}/c",
            )
            command = build_ext(Distribution({"name": "tocsin", "ext_modules": extensions, "packages": []}))
            command.build_lib, command.build_temp = f"{scratch}/lib", f"{scratch}/o"
            command.ensure_finalized()
            command.run()
        except (Exception, SystemExit) as error:  # compilers fail in many ways; all mean the same here
            raise NotPossibleError(f"{type(error).__name__}: {error}\n{said.getvalue()[-2_000:]}") from error
        _install(Path(scratch, "lib"), found, root / FOLDER)


def _install(built: Path, found: dict[str, Path], folder: Path) -> None:
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    files = {}
    fresh = folder.with_name("_native.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for path in sorted(built.rglob(f"*{suffix}")):
        name = ".".join(path.relative_to(built).parts).removesuffix(suffix)
        files[name] = name + suffix
        shutil.copyfile(path, fresh / files[name])
    note = {
        "suffix": suffix,
        "sources": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()},
        "files": files,
    }
    (fresh / "built.json").write_text(json.dumps(note, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder: mypy reads its settings and names modules from there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Keep what the compilers say to show it when they fail."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield said


def main() -> int:
    """Compile for this checkout; not being able to is no failure."""
    try:
        compile_modules(ROOT)
    except NotPossibleError as reason:
        print(f"interpreted: {reason}", file=sys.stderr)
        return 0
    print(f"native: {len(sources(ROOT))} modules compiled into {FOLDER}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
