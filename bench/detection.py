"""Events a second and core of the Sigma engine: `python bench/detection.py RULES_DIR EVTX_DIR [SECONDS]`.

Two mixes, from parsed events: all events of the files, and process creations of Sysmon only, each repeated
until so many seconds of CPU are spent (3). The rules are those for Windows. What is measured is the time of
a process that has seen each kind of event often enough to have chosen its witnesses; what that took is
said beside it, and so is the rate with the files' reading. The checksum is over all pairs of rule and
event of one pass. Zircolite runs beside it when a command of that name is there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tocsin.core.event import Event
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import load_decoders
from tocsin.detect.index import RuleIndex
from tocsin.detect.loader import load_folders
from tocsin.hunt import Input, find_inputs
from tocsin.hunt.readers import Fault, Readers

LEARNED = 5
"""Passes before the measured ones, at least; kinds are sampled up to their 2,304th event."""


def read_events(inputs: Sequence[Input]) -> list[Event]:
    readers = Readers(Analyst(load_decoders([])[0]))
    found = (event for each in inputs for event in readers.read(each, lambda _at: None, 0))
    return [event for event in found if not isinstance(event, Fault)]


def checksum(index: RuleIndex, events: Sequence[Event]) -> tuple[str, int, int]:
    digest = hashlib.sha256()
    rules: set[str] = set()
    pairs = 0
    for number, event in enumerate(events):
        for rule in index.matching(event):
            digest.update(f"{number} {rule.id}\n".encode())
            rules.add(rule.id)
            pairs += 1
    return digest.hexdigest()[:16], len(rules), pairs


def measure(name: str, index: RuleIndex, events: Sequence[Event], seconds: float) -> float:
    began = time.process_time()
    before, rules, pairs = checksum(index, events)
    first = time.process_time() - began
    passes = max(LEARNED, -(-2_400 * 8 // max(1, len(events))))
    for _ in range(passes):
        for event in events:
            index.matching(event)
    learned = time.process_time() - began
    done = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for event in events:
            index.matching(event)
        done += len(events)
    after, _, _ = checksum(index, events)
    rate = done / spent
    print(
        f"{name}: {rate:,.0f} events/s ({len(events):,} events, {rules} rules, {pairs:,} matches, "
        f"checksum {before}{'' if before == after else ' CHANGED TO ' + after}; "
        f"first pass {first:.2f} s, choosing witnesses {learned - first:.2f} s)"
    )
    return rate


def zircolite(rules: Path, logs: Path) -> None:
    command = shutil.which("zircolite") or shutil.which("zircolite.py")
    if command is None:
        print("zircolite: not installed, left out")
        return
    began = time.monotonic()
    arguments = [command, "--evtx", str(logs), "--ruleset", str(rules), "--outfile", "/dev/null"]
    done = subprocess.run(arguments, capture_output=True, check=False)
    print(f"zircolite: {time.monotonic() - began:.1f} s by the clock, status {done.returncode}")


def main(arguments: Sequence[str]) -> int:
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    rules_folder, logs = Path(arguments[0]), Path(arguments[1])
    seconds = float(arguments[2]) if len(arguments) == 3 else 3.0
    began = time.process_time()
    loaded = load_folders([rules_folder])
    load = time.process_time() - began
    rules = [rule for rule in loaded.rules if rule.logsource.startswith("windows/")]
    inputs, _ = find_inputs([logs])
    began = time.process_time()
    events = read_events(inputs)
    reading = time.process_time() - began
    print(f"load: {len(loaded.rules):,} rules in {load:.2f} s, {len(rules):,} of them for Windows")
    print(f"read: {len(events) / reading:,.0f} events/s from the files")
    mixed = measure("mix", RuleIndex(rules), events, seconds)
    print(f"mix with reading: {1 / (1 / mixed + reading / len(events)):,.0f} events/s")
    sysmon = [
        event
        for event in events
        if event.fields.get("EventID") == 1 and "Sysmon" in str(event.fields.get("Channel"))
    ]
    measure("sysmon 1", RuleIndex(rules), sysmon, seconds)
    zircolite(rules_folder, logs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
