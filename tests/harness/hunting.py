"""Rules and documents for hunts, small enough to see through."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import orjson

PROCESS_RULE = dedent(
    """\
    title: Encoded shell
    id: 11111111-1111-4111-8111-111111111111
    name: encoded
    status: test
    level: high
    tags: [attack.execution, attack.t1059.001]
    logsource: {product: windows, category: process_creation}
    detection:
      selection:
        Image|endswith: '\\powershell.exe'
        CommandLine|contains: ' -enc '
      condition: selection
    """
)
CORRELATION = dedent(
    """\
    ---
    title: Many encoded shells
    id: 22222222-2222-4222-8222-222222222222
    level: critical
    correlation:
      type: event_count
      rules: [encoded]
      group-by: [User]
      timespan: 10m
      condition: {gte: 3}
    """
)


def process(at: str = "2026-01-01T00:00:00Z", **fields: object) -> dict[str, object]:
    """Return the creation of a process as an exported event log has it."""
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Image": r"C:\Windows\powershell.exe",
        "CommandLine": "powershell -enc AAAA",
        "User": "CORP\\ann",
        "Computer": "ws1",
        "SystemTime": at,
    } | fields


def json_lines(path: Path, *documents: object) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, documents)) + b"\n")
    return path
