"""What a source yields: bytes, where they came from and a sequence number."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal[
    "line",
    "json",
    "winevent",
    "finding",
    "syscheck",
    "rootcheck",
    "sca",
    "syscollector",
    "hostinfo",
    "ciscat",
]
"""How to read the bytes.

`line`: one log line. `json`: one JSON object. `winevent`: one Windows event, as XML, as the JSON
`{"Message": .., "Event": "<Event..>"}`, or as the JSON that `evtx` makes of it.
`finding`: JSON from our own agent's watchers: `{"type": "fim|port|process|inventory", ...}`.
The rest is what a Wazuh agent's modules send, one kind for each: `syscheck` file integrity (JSON),
`rootcheck` findings (text), `sca` configuration checks (JSON), `syscollector` inventory (JSON),
`hostinfo` network scans (text), `ciscat` benchmark results (JSON).
"""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of one source, as collected and before anything was understood.

    `seq` rises strictly within a source; the same record is always sent with the same `seq` and
    `collected_at`, so that a resend leads to the same event on the same day.
    """

    source: str
    seq: int
    raw: bytes
    collected_at: int
    """When the collector read it, in microseconds since 1970, UTC."""
    kind: Kind = "line"
    location: str = ""
    """The file, journal, address or index the record came from."""
    host: str = ""
    """Name of the host that wrote it, when the collector knows better than the line."""
    agent: str = ""
    """Identifier of the agent that collected it; empty when none did."""
    pipeline: str = ""
    """The ingest pipeline its sender asked for, beside those that take its source."""
