"""Content with one mistake in each file, and where the mistake is."""

from __future__ import annotations

from pathlib import Path

GOOD_AND_BROKEN_RULES = """\
<group name="orchard,">
  <rule id="100900" level="3">
    <match>the apple fell</match>
    <description>An apple.</description>
  </rule>
  <rule id="100901" level="3">
    <regex>(unclosed</regex>
    <description>A pattern that is none.</description>
  </rule>
</group>
"""

BROKEN_DECODER = """\
<decoder name="orchard-child">
  <parent>nobody</parent>
  <prematch>x</prematch>
</decoder>
"""

TORN_RULES = """\
<group name="torn,">
  <rule id="100910" level="3">
"""

BROKEN_DETECTION = """\
name: Broken
type: frequency
index: tocsin-*
num_events: many
timeframe:
  minutes: 2
filter: []
alert: debug
"""

BROKEN_PLAYBOOK = """\
name: broken
description: Names an action that is not there.
triggers:
  - event: alert.opened
steps:
  - name: dance
    action: dance
"""

TORN_LIST = """\
{
  "name": "torn",
  "list": [
"""

BROKEN = {
    "rule": ("rules/0900-orchard.xml", GOOD_AND_BROKEN_RULES, 7, "a group is not closed"),
    "decoder": ("decoders/0900-orchard.xml", BROKEN_DECODER, 1, "no decoder without parent"),
    "markup": ("rules/0910-torn.xml", TORN_RULES, 2, "<rule> is not closed"),
    "detection": ("detections/broken.yml", BROKEN_DETECTION, 4, "num_events"),
    "playbook": ("playbooks/broken.yml", BROKEN_PLAYBOOK, 7, "there is no action 'dance'"),
    "warninglist": ("warninglists/torn/list.json", TORN_LIST, 4, "not JSON"),
}
"""Kind to file, its text, the line of the mistake and a word of the reason."""

GOOD_DETECTION = """\
name: Orchard apples
type: any
index: tocsin-*
filter:
  - query: {query_string: {query: "orchard"}}
alert: debug
tocsin:
  id: orchard-apples
"""


def write_broken(content: Path, settings: Path, syslog_port: int) -> dict[str, tuple[str, str]]:
    """Write the content, with a good detection beside it, and settings that name it.

    Returns, by kind, the place that must be named (`file:line`) and a word of the reason.
    """
    places = {}
    for kind, (name, text, line, reason) in BROKEN.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        places[kind] = (f"{path}:{line}", reason)
    (content / "detections" / "good.yml").write_text(GOOD_DETECTION)
    settings.write_text(
        f'[syslog]\ntcp_port = {syslog_port}\n[ingest]\nworkers = 1\n[content]\nrules = ["{content}"]\n'
        + "".join(f'{kind} = ["{content / kind}"]\n' for kind in ("detections", "playbooks", "warninglists"))
    )
    return places
