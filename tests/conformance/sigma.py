"""Run SigmaHQ's regression cases: `python tests/conformance/sigma.py RULES_DIR CASES_DIR`.

A case is an `info.yml` that names a rule and recorded events which the rule must match at least so many
times. The layout is that of `regression_data` in SigmaHQ's repository: `rule_metadata` (a list with `id`)
or a path (`rule_path`, `rule`) names the rule; `regression_tests_info` lists the recordings with `path` and
`match_count` (1 when it is left out). A recording is looked for under its path from any folder above, and
beside `info.yml` by its name; without a list, the recordings beside `info.yml` are taken. Prints what
failed and `N cases, M failed`; the status is 1 when a case failed or there was none.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Python looks for modules beside a script first, where this one would stand for pySigma's package.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]

import yaml  # noqa: E402

from tocsin.content import own_content  # noqa: E402
from tocsin.detect.loader import load_folders  # noqa: E402
from tocsin.hunt import Hunt, HuntOptions, find_inputs  # noqa: E402
from tocsin.hunt.messages import Found  # noqa: E402

_RECORDINGS = (".evtx", ".json", ".jsonl", ".log", ".txt")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Case:
    """A rule, a recording, and how often the rule must match it."""

    info: Path
    rules: tuple[str, ...]
    recording: Path | None = None
    least: int = 1
    problem: str = ""
    """Why the file is no case."""


def read_cases(folder: Path, rules: Path) -> Iterator[Case]:
    """Yield the cases of every `info.yml` below the folder; a file that is none says why."""
    for info in sorted(path for name in ("info.yml", "info.yaml") for path in folder.rglob(name)):
        try:
            document = yaml.load(info.read_text(encoding="utf-8-sig"), Loader=_Loader)
            yield from list(_cases_of(document, info, rules))
        except (OSError, ValueError, TypeError, AttributeError, KeyError, yaml.YAMLError) as error:
            yield Case(info, (), problem=f"cannot be read: {error}")


def _cases_of(document: dict[str, Any], info: Path, rules: Path) -> Iterator[Case]:
    ids = tuple(_rule_ids(document, info, rules))
    tests = _listed(document.get("regression_tests_info") or document.get("tests"))
    if not tests:
        beside = sorted(path for path in info.parent.iterdir() if path.suffix in _RECORDINGS)
        tests = [{"path": path.name, "match_count": document.get("match_count")} for path in beside[:1]]
    for test in tests or [{}]:
        given = test.get("match_count")
        yield Case(info, ids, _recording(test, info), 1 if given is None else int(given))


def _listed(given: Any) -> list[dict[str, Any]]:
    """Return one entry or a list of them as a list."""
    return given if isinstance(given, list) else [given] if given else []


def _rule_ids(document: dict[str, Any], info: Path, rules: Path) -> Iterator[str]:
    for each in _listed(document.get("rule_metadata")):
        yield str(each.get("id"))
    for key in ("rule_path", "rule"):
        path = document.get(key)
        if isinstance(path, str):
            file = _find(path, [rules, *rules.parents, *info.parents])
            if file is not None:
                yield str(yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)["id"])
    if "rule_id" in document:
        yield str(document["rule_id"])


def _recording(test: dict[str, Any], info: Path) -> Path | None:
    path = test.get("path") or test.get("evtx") or ""
    return _find(path, [*info.parents]) or _find(Path(path).name, [info.parent]) if path else None


def _find(path: str, folders: Sequence[Path]) -> Path | None:
    return next((folder / path for folder in folders if path and (folder / path).is_file()), None)


def run(rules: Path, folder: Path) -> tuple[int, list[str]]:
    """Return how many cases there are, and what is wrong with those that failed."""
    loaded = load_folders([rules])
    known = {rule.id for rule in loaded.rules}
    cases = list(read_cases(folder, rules))
    hunt = Hunt(loaded.rules, loaded.correlations, HuntOptions(decoders=own_content() / "decoders"))
    worker = hunt.worker()
    counted: dict[Path, Counter[str]] = {}
    failures = []
    for case in cases:
        if case.problem:
            failures.append(f"{case.info}: {case.problem}")
            continue
        if case.recording is None:
            failures.append(f"{case.info}: the recording is not there")
            continue
        if not case.rules or not known.intersection(case.rules):
            failures.append(f"{case.info}: the rule {', '.join(case.rules) or '(none)'} is not loaded")
            continue
        if case.recording not in counted:
            [source], _ = find_inputs([case.recording])
            found = (each for each in worker.hunt(0, source) if isinstance(each, Found))
            counted[case.recording] = Counter(hunt.rules[each.rule].id for each in found)
        seen = max(counted[case.recording][rule] for rule in case.rules)
        if seen < case.least:
            failures.append(f"{case.info}: {case.recording.name} matched {seen} times, not {case.least}")
    return len(cases), failures


def main(arguments: Sequence[str]) -> int:
    """Run the cases and say what came of it."""
    if len(arguments) != 2 or not all(Path(each).is_dir() for each in arguments):
        sys.stderr.write("usage: python tests/conformance/sigma.py RULES_DIR CASES_DIR\n")
        return 2
    cases, failures = run(Path(arguments[0]), Path(arguments[1]))
    sys.stdout.write("".join(f"{failure}\n" for failure in failures))
    sys.stdout.write(f"{cases} cases, {len(failures)} failed\n")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
