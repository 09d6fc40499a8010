"""What decides how a ruleset reads content and understands records, beside the content itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tocsin.decode.second_stage import SecondStage
from tocsin.rules.switches import Switches


@dataclass(frozen=True, slots=True)
class RulesetOptions:
    """Choices of the operator; the defaults are Wazuh's behaviour. Can be sent to another process."""

    time: Literal["received", "event"] = "received"
    """Which time conditions on the hour and the day look at."""
    zone: str = "UTC"
    """The time zone of those conditions: an IANA name, or `local` for the machine's own."""
    hostname: str = ""
    """What rules see as host where a line states none and the collector knows none."""
    geoip: Path | None = None
    """A MaxMind database of the operator's own, for conditions on `srcgeoip` and `dstgeoip`."""
    left_out: frozenset[str] = frozenset()
    """Base names of rule files that are not read."""
    off: Switches = Switches()  # noqa: RUF009  # frozen
    """Rules, files and groups that are switched off."""
    second_stage: SecondStage | None = None
    """Where JSON is looked for behind a header or in a field; nowhere, as upstream, when absent."""
    json_as_eventchannel: bool = False
    """Whether rule 60000 takes Windows events as plain JSON lines, as upstream's test runner has it."""
