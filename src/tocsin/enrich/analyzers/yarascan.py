"""Scan a file with YARA rules: the child's side of the YARA analyzer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yara_x

from tocsin.enrich.base import AnalysisError

MAX_RULE_BYTES = 16 << 20
MAX_RULE_FILES = 5_000
_MAX_MATCHES = 100


def rule_files(folder: Path) -> list[Path]:
    """Return the rule files below a folder, in a fixed order."""
    found = [path for path in folder.rglob("*") if path.suffix in {".yar", ".yara"} and path.is_file()]
    return sorted(found)[:MAX_RULE_FILES]


def compile_rules(folder: Path) -> tuple[yara_x.Rules, list[dict[str, str]]]:
    """Return the rules of every readable file, and the files refused with the reason; includes are off."""
    compiler = yara_x.Compiler(relaxed_re_syntax=True)
    compiler.enable_includes(False)
    refused = []
    for path in rule_files(folder):
        try:
            text = _source(path)
            yara_x.compile(text)  # alone first: a compiler keeps what it took of a broken file
            compiler.new_namespace(str(path.relative_to(folder)))
            compiler.add_source(text, origin=path.name)
        except (yara_x.CompileError, AnalysisError, OSError) as error:
            refused.append({"path": str(path.relative_to(folder)), "reason": str(error)[:1_000]})
    return compiler.build(), refused


def _source(path: Path) -> str:
    if path.stat().st_size > MAX_RULE_BYTES:
        raise AnalysisError(f"larger than {MAX_RULE_BYTES} bytes")
    return path.read_text(encoding="utf-8", errors="replace")


def scan_file(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules below `rules` that match the file at `path`, and the rule files refused."""
    folder = Path(str(request["rules"]))
    rules, refused = compile_rules(folder)
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(int(request["timeout_s"]))
    try:
        found = scanner.scan_file(str(request["path"]))
    except (yara_x.TimeoutError, yara_x.ScanError) as error:
        raise AnalysisError(f"the scan ended early: {error}") from error
    matches = [
        {
            "rule": rule.identifier,
            "namespace": rule.namespace,
            "tags": list(rule.tags),
            "metadata": {
                str(name): value
                for name, value in rule.metadata
                if isinstance(value, str | int | bool | float)
            },
        }
        for rule in found.matching_rules
    ]
    return {
        "matches": matches[:_MAX_MATCHES],
        "refused_rules": refused,
        "rule_files": len(rule_files(folder)),
    }
