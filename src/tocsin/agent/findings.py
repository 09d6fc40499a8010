"""What the agent's watchers report, and its exact JSON: the raw bytes of records of kind `finding`.

Every finding is one JSON object whose `type` is one of `fim`, `port`, `process`, `inventory`, `agent`
and whose `action` says what happened. Fields that hold nothing are left out. Times are whole
microseconds since 1970, UTC; sizes are bytes; `mode` is octal text as `ls` would need it (`0644`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as it was found.

    `sha256` is absent when the file is larger than the limit or could not be read. Of a symbolic link
    it is the hash of the text it points to.
    """

    size: int | None = None
    mode: str | None = None
    owner: str | None = None
    group: str | None = None
    uid: int | None = None
    gid: int | None = None
    inode: int | None = None
    mtime: int | None = None
    sha256: str | None = None


class FileFinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="fim", tag_field="type"):
    r"""A watched file was added, modified or deleted.

    `{"type":"fim","action":"modified","path":"/etc/passwd","size":2101,"mode":"0644","owner":"root",
    "group":"root","uid":0,"gid":0,"inode":71,"mtime":1764000000000000,"sha256":"9f86...",
    "changed_attributes":["size","mtime","sha256"],"old":{"size":2050,"mtime":1763000000000000,
    "sha256":"60ca..."},"diff":"--- before...","trigger":"realtime"}`

    `old` holds the former values of the changed attributes; for `deleted` all values known, and then
    none stand at the top. A path that is not UTF-8 has its odd bytes written as `\xNN`.
    `diff` is unified text, cut at 8 KiB, for small text files watched with `diff = true`.
    `trigger` says whether a scan found it or the kernel told of it at once.
    """

    action: Literal["added", "modified", "deleted"]
    path: str
    size: int | None = None
    mode: str | None = None
    owner: str | None = None
    group: str | None = None
    uid: int | None = None
    gid: int | None = None
    inode: int | None = None
    mtime: int | None = None
    sha256: str | None = None
    changed_attributes: tuple[str, ...] = ()
    old: FileState | None = None
    diff: str | None = None
    trigger: Literal["scheduled", "realtime"] | None = None


class Listener(msgspec.Struct, frozen=True, omit_defaults=True):
    """A socket that waits for peers, and who holds it (as far as this agent may see)."""

    protocol: Literal["tcp", "udp"]
    address: str
    port: int
    pid: int | None = None
    process: str | None = None
    executable: str | None = None
    user: str | None = None


class PortFinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="port", tag_field="type"):
    """A listening port was opened, closed, or is hidden from the list of sockets.

    `{"type":"port","action":"opened","protocol":"tcp","address":"0.0.0.0","port":4444,"pid":4711,
    "process":"nc","executable":"/usr/bin/nc","user":"www-data"}`

    `opened` with `old` means another program took over the same port. `hidden` has `evidence` in words
    and no process.
    """

    action: Literal["opened", "closed", "hidden"]
    protocol: Literal["tcp", "udp"]
    address: str
    port: int
    pid: int | None = None
    process: str | None = None
    executable: str | None = None
    user: str | None = None
    evidence: str | None = None
    old: Listener | None = None


class ProcessFinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="process", tag_field="type"):
    """A process answers signals but is missing from the listing of `/proc`.

    `{"type":"process","action":"hidden","pid":666,"evidence":"kill(0) answers; absent from ..."}`
    """

    action: Literal["hidden"]
    pid: int
    evidence: str


class InventoryFinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="inventory", tag_field="type"):
    """Facts about the host: `host` and `ports` at first and whenever they change, `files` at the first scan.

    `{"type":"inventory","action":"host","host":{"hostname":"web1","agent_version":"0.1","os":"Debian
    GNU/Linux 12 (bookworm)","os_id":"debian","os_version":"12","kernel":"6.1.0","architecture":"x86_64",
    "cpu":{"model":"...","count":2},"memory_bytes":8000000000,"addresses":["192.0.2.7"],"users":[{"name":
    "root","uid":0,"home":"/root","shell":"/bin/bash"}],"packages":512},"changed_attributes":["users"]}`
    `{"type":"inventory","action":"ports","ports":[{"protocol":"tcp","address":"::","port":22,...}]}`
    `{"type":"inventory","action":"files","path":"/etc","files":1834}`
    """

    action: Literal["host", "ports", "files"]
    host: dict[str, Any] | None = None
    changed_attributes: tuple[str, ...] = ()
    ports: tuple[Listener, ...] = ()
    path: str | None = None
    files: int | None = None


AgentAction = Literal[
    "started",
    "stopped",
    "spool_overflow",
    "spool_damaged",
    "server_restored",
    "agent_restored",
    "log_truncated",
    "log_missed",
    "watch_overflow",
]


class AgentFinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="agent", tag_field="type"):
    """The agent about itself.

    - `started`, `stopped`: with `version`. A `started` that follows no `stopped` was killed.
    - `spool_overflow`: the spool was full, records `first_seq` to `last_seq` (`records`) were refused.
    - `spool_damaged`: the disk returned other bytes than were written; the same fields.
    - `server_restored`: the server knows less than it once acknowledged; `first_seq` to `last_seq` are
      gone here and there.
    - `agent_restored`: the server knows more than this agent ever sent: its state was put back from a copy;
      what was waiting was sent again under new numbers after `last_seq`.
    - `log_truncated`: the log file `path` shrank from `old_size` to `size` with no copy beside it.
    - `log_missed`: `path` was replaced and what stood after `old_size` in the former file is not found.
    - `watch_overflow`: the kernel dropped file events; everything under `path` was scanned again.

    `{"type":"agent","action":"spool_overflow","detail":"...","first_seq":1,"last_seq":900,"records":900}`
    """

    action: AgentAction
    detail: str = ""
    version: str = ""
    first_seq: int | None = None
    last_seq: int | None = None
    records: int | None = None
    path: str | None = None
    old_size: int | None = None
    size: int | None = None


Finding = FileFinding | PortFinding | ProcessFinding | InventoryFinding | AgentFinding

_encoder = msgspec.json.Encoder()


def encode_finding(finding: Finding) -> bytes:
    """Return the JSON the platform's decoders read."""
    return _encoder.encode(finding)


def readable(path: str) -> str:
    r"""Return the path as text that JSON can hold: bytes that are not UTF-8 become `\xNN`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
