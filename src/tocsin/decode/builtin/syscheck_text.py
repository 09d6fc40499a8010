"""A change of a file or registry entry in words, one statement a line.

The lines are those Wazuh's alerts show in `full_log`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_CHANGED = {
    "size": "Size",
    "perm": "Permissions",
    "uid": "Ownership",
    "user_name": "User name",
    "gid": "Group ownership",
    "group_name": "Group name",
    "inode": "Inode",
    "attributes": "Attributes",
    "value_type": "Value type",
}
_SUMS = {"hash_md5": "md5sum", "hash_sha1": "sha1sum", "hash_sha256": "sha256sum"}
_SUBJECTS = {"registry_key": "Registry Key", "registry_value": "Registry Value"}


def change_text(data: Mapping[str, Any], now: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """Return the text for a change, its attributes as they are and as they were."""
    lines = [_first(data, now), *_about(data), *_differences(now, old)]
    if data.get("content_changes"):
        lines += ["", "What changed:", str(data["content_changes"])]
    return "\n".join(lines)


def _first(data: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    kind = _SUBJECTS.get(str(now.get("type")), "File")
    arch = f"{data['arch']} " if data.get("arch") else ""
    value = f"\\{data['value_name']}" if data.get("value_name") else ""
    return f"{kind} '{arch}{data['path']}{value}' {data['type']}"


def _about(data: Mapping[str, Any]) -> Iterator[str]:
    if data.get("hard_links"):
        links = data["hard_links"]
        yield f"Hard links: '{','.join(map(str, links)) if isinstance(links, list) else links}'"
    if data.get("mode"):
        yield f"Mode: {data['mode']}"
    changed = data.get("changed_attributes")
    if isinstance(changed, list | tuple) and changed:
        yield f"Changed attributes: {','.join(map(str, changed))}"


def _differences(now: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    for name, words in _CHANGED.items():
        if name in old and old[name] != now.get(name):
            yield f"{words} changed from '{old[name]}' to '{now.get(name, '')}'"
    if "mtime" in old and old["mtime"] != now.get("mtime"):
        yield f"Old modification time was: '{old['mtime']}', now it is '{now.get('mtime', '')}'"
    for name, words in _SUMS.items():
        if name in old and old[name] != now.get(name):
            yield f"Old {words} was: '{old[name]}'"
            yield f"New {words} is : '{now.get(name, '')}'"
