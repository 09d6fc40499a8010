"""Replay recorded scenarios through detection in mode `compat`; compare with the real ElastAlert's answers.

    python tests/conformance/elastalert.py FILE [-v]

prints `N scenarios, M differ`; `-v` shows where. Where ElastAlert itself failed, what it said before is
compared, and the scenario is counted apart. The scenario format: see `Scenario` below.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# A script's folder comes first in the path, and this one holds a sigma.py that is not the package.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

import yaml  # noqa: E402 - see above

from tocsin.core.clock import SECOND, from_iso  # noqa: E402
from tocsin.core.errors import TocsinError  # noqa: E402
from tocsin.detect.elastalert import read_elastalert  # noqa: E402
from tocsin.detect.kinds import Hit, Kind, Match, kind_of  # noqa: E402
from tocsin.detect.kinds.document import timestamp  # noqa: E402
from tocsin.detect.kinds.figures import compute, event_of, ranked  # noqa: E402
from tocsin.detect.kinds.settings import KindSettings, PollSettings  # noqa: E402
from tocsin.detect.kinds.spike import SpikeAggregationKind  # noqa: E402
from tocsin.detect.kinds.terms import NewTermKind  # noqa: E402
from tocsin.detect.rule import Watch, WatchRule  # noqa: E402
from tocsin.detect.rule_source import read_rule_source  # noqa: E402
from tocsin.detect.runs.document import prepared  # noqa: E402
from tocsin.detect.runs.poll import Polled, Poller, Run  # noqa: E402
from tocsin.detect.runs.silences import Silence  # noqa: E402
from tocsin.detect.telling import dressed  # noqa: E402
from tocsin.detect.wording import body, sentence, title  # noqa: E402

Scenario = dict[str, Any]
"""`level` class or runner, `rule`, `config`, `now`, `steps`, `baseline`, `events`, what was `expected`."""

Make = Callable[[KindSettings], Kind]

UPSTREAM = "Uncaught exception"
"""What an error of ElastAlert's own begins with in a recording."""

REFUSED = ("EAException: Invalid Rule file", "EAException: Error initializing rule")
"""What the error of a rule that ElastAlert refuses to load begins with."""


@dataclass
class Difference:
    """What was expected and what came instead."""

    scenario: str
    what: str
    expected: Any
    found: Any


@dataclass
class Outcome:
    """How the replay of a file went."""

    scenarios: int = 0
    crashed: int = 0
    unloaded: int = 0
    """Rules that ElastAlert itself refused to load."""
    skipped: int = 0
    """Recordings of calls on ElastAlert's own classes, which no other engine can be asked."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def differing(self) -> int:
        """Number of scenarios that differ."""
        return len({each.scenario for each in self.differences})


def read(path: Path) -> Iterator[Scenario]:
    """Yield the scenarios of a file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                scenario = json.loads(line)
                if "meta" not in scenario:
                    yield scenario


def replay(path: Path, limit: int = 0) -> Outcome:
    """Replay a file, or only every n-th scenario so that about `limit` are left."""
    scenarios = list(read(path))
    step = max(1, len(scenarios) // limit) if limit else 1
    outcome = Outcome()
    for scenario in scenarios[::step]:
        if scenario["level"] not in {"class", "runner"}:
            outcome.skipped += 1
            continue
        outcome.scenarios += 1
        if unloaded(scenario["expected"]):
            outcome.unloaded += 1
            continue
        try:
            compare(scenario, outcome)
        except TocsinError as error:
            outcome.differences.append(Difference(scenario["id"], "rule", "read", f"refused: {error}"))
    return outcome


def unloaded(expected: Any) -> bool:
    """Say whether ElastAlert refused to load the rule, so that it gave no answer at all."""
    if isinstance(expected, dict):
        return not expected["runs"] and str(expected.get("error", "")).startswith(REFUSED)
    return bool(expected) and str(expected[0].get("error", "")).startswith(REFUSED)


def compare(scenario: Scenario, outcome: Outcome) -> None:
    """Replay one scenario and note the differences."""
    rule, expected = rule_of(scenario), scenario["expected"]
    found = plain(answer(rule, scenario, kind_of))
    if leak := leaked(rule, expected, found):
        found = plain(answer(rule, scenario, leaky(leak)))
    if scenario["level"] == "class":
        if expected and "error" in expected[-1]:
            outcome.crashed += 1
            expected = expected[:-1]
            found = found[: len(expected)]
        differ(outcome, scenario, "matches", expected, found)
        return
    if "error" in expected or any(message.startswith(UPSTREAM) for message in expected.get("errors", ())):
        outcome.crashed += 1
        until = crashed_at(expected, found)
        expected, found = before(expected, until), before(found, until)
    for what in ("runs", "alerts", "silences"):
        differ(outcome, scenario, what, expected[what], found[what])


def answer(rule: WatchRule, scenario: Scenario, make: Make) -> Any:
    """Return what detection answers to a scenario."""
    replayed = class_answer if scenario["level"] == "class" else runner_answer
    return replayed(rule, scenario, make)


def crashed_at(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """Return when ElastAlert failed: at the first run or alert of ours that it did not come to."""
    runs = Counter(run["@timestamp"] for run in found["runs"])
    runs.subtract(run["@timestamp"] for run in expected["runs"])
    alerts = Counter(alert["at"] for alert in found["alerts"])
    alerts.subtract(alert["at"] for alert in expected["alerts"])
    return min((at for each in (runs, alerts) for at, more in each.items() if more > 0), default="9")


def before(answer: dict[str, Any], until: str) -> dict[str, Any]:
    """Return what an answer holds of the time before another."""
    return {
        "runs": [run for run in answer["runs"] if run["@timestamp"] < until],
        "alerts": [alert for alert in answer["alerts"] if alert["at"] < until],
        "silences": [silence for silence in answer["silences"] if silence["@timestamp"] < until],
    }


def leaked(rule: WatchRule, expected: Any, found: Any) -> str:
    """Return what ElastAlert's failures left behind in its process before this scenario.

    When a spike_aggregation rule fails, the key it was at stays in a list that all such rules of the
    process share, and stands before every key from then on: `h2,bob,ann` where the key is `ann`.
    """
    name = watch_of(rule).kind.query_key
    if watch_of(rule).kind.kind != "spike_aggregation" or not name:
        return ""
    theirs, ours = first_key(expected, name), first_key(found, name)
    return theirs.removesuffix(ours) if ours and theirs.endswith("," + ours) else ""


def leaky(leak: str) -> Make:
    """Return a maker of kinds whose keys have something left behind before them."""

    class Leaky(SpikeAggregationKind):
        def key(self, values: tuple[Any, ...]) -> Any:
            return f"{leak}{super().key(values)}"

    return Leaky


def first_key(answer: Any, name: str) -> str:
    """Return the key of the first match of an answer, else of its first silence."""
    if isinstance(answer, list):
        matches = [entry["match"] for entry in answer if "match" in entry]
        return str(matches[0].get(name, "")) if matches else ""
    matches = [match for alert in answer["alerts"] for match in alert["matches"]]
    if matches:
        return str(matches[0].get(name, ""))
    names = [silence["rule_name"].partition(".")[2] for silence in answer["silences"]]
    return next((key for key in names if key and key != "_silence"), "")


def differ(outcome: Outcome, scenario: Scenario, what: str, expected: Any, found: Any) -> None:
    """Note the first entry that differs."""
    if expected == found:
        return
    for number in range(max(len(expected), len(found))):
        one = expected[number] if number < len(expected) else None
        other = found[number] if number < len(found) else None
        if one != other:
            outcome.differences.append(Difference(scenario["id"], f"{what}[{number}]", one, other))
            return


def plain(value: Any) -> Any:
    """Return a value as JSON would carry it."""
    return json.loads(json.dumps(value, default=list))


def rule_of(scenario: Scenario) -> WatchRule:
    """Read the scenario's rule as any rule is read, in mode `compat`."""
    rule = {**scenario["rule"], "tocsin": {"mode": "compat"}}
    config = scenario.get("config") or {}
    defaults = PollSettings(
        run_every=span(config.get("run_every", {"minutes": 1})),
        buffer_time=span(config.get("buffer_time", {"minutes": 15})),
    )
    return read_elastalert(read_rule_source("scenario.yml", yaml.safe_dump(rule)), "scenario", defaults).rule


def span(given: dict[str, float]) -> int:
    """Return a span of the configuration in microseconds."""
    units = {"seconds": SECOND, "minutes": 60 * SECOND, "hours": 3600 * SECOND, "days": 86400 * SECOND}
    return int(sum(number * units[unit] for unit, number in given.items()))


def watch_of(rule: WatchRule) -> Watch:
    """Return how the rule watches."""
    assert rule.watch is not None
    return rule.watch


def hit_of(rule: WatchRule, document: dict[str, Any], identifier: str, index: str = "") -> Hit:
    """Return a document as the log holds it."""
    fields = {**document, "_id": identifier}
    if index:
        fields["_index"] = index
    name = watch_of(rule).kind.timestamp_field
    at = from_iso(document[name])
    fields[name] = timestamp(at)
    return Hit(at, identifier, prepared(watch_of(rule), fields))


def class_answer(rule: WatchRule, scenario: Scenario, make: Make) -> list[dict[str, Any]]:
    """Return what the rule's kind alone answers to the calls of a scenario."""
    settings = watch_of(rule).kind
    kind = make(settings)
    learn(kind, rule, scenario)
    found = []
    for number, step in enumerate(scenario["steps"]):
        found += [
            {"step": number, "match": match.fields, "text": sentence(settings, match)}
            for match in call(rule, kind, number, step)
        ]
    return found


def learn(kind: Kind, rule: WatchRule, scenario: Scenario) -> None:
    """Show a rule of new terms what was there before."""
    if isinstance(kind, NewTermKind):
        now, window = from_iso(scenario["now"]), watch_of(rule).kind.terms_window
        hits = [hit_of(rule, document, "") for document in scenario.get("baseline", [])]
        known = [hit for hit in hits if now - window <= hit.at < now and rule.matches(event_of(hit))]
        kind.learn(hit.fields for hit in known)


def call(rule: WatchRule, kind: Kind, number: int, step: dict[str, Any]) -> list[Match]:
    """Make one call on a kind."""
    settings = watch_of(rule).kind
    at = from_iso(step["at"]) if "at" in step else 0
    hits = [
        hit_of(rule, document, document.get("_id", f"{number}.{position}"))
        for position, document in enumerate(step.get("events", []))
    ]
    if step["op"] == "data":
        return kind.data(hits)
    if step["op"] == "count":
        return kind.count(at, step["count"])
    if step["op"] == "terms":
        groups = ranked(hits, settings.query_key)[: settings.terms_size]
        return kind.terms(at, [(key, len(inside)) for key, inside in groups])
    if step["op"] == "agg":
        return kind.figures(at, compute(settings, hits))
    return kind.collect(at)


class ScenarioLog:
    """The events of a scenario, each found from the time on at which it became visible."""

    def __init__(self, rule: WatchRule, scenario: Scenario) -> None:
        self.now = 0
        self._hits: list[tuple[int, Hit]] = []
        for document in scenario.get("baseline", []):
            self._add(rule, document, 0)
        for item in scenario["events"]:
            visible = item.get("visible_at", item["event"]["@timestamp"])
            self._add(rule, item["event"], from_iso(visible))
        self._hits.sort(key=lambda entry: entry[1].at)

    def _add(self, rule: WatchRule, document: dict[str, Any], visible: int) -> None:
        identifier = document.get("_id", f"e-{len(self._hits)}")
        source = {name: value for name, value in document.items() if name != "_id"}
        hit = hit_of(rule, source, identifier, "events")
        if rule.matches(event_of(hit)):
            self._hits.append((visible, hit))

    def between(self, start: int, end: int) -> list[Hit]:
        """Return the visible events of a span."""
        return [hit for visible, hit in self._hits if visible <= self.now and start < hit.at <= end]


class Recorder:
    """Stands where alerts are delivered."""

    def __init__(self, rule: WatchRule) -> None:
        self._watch = watch_of(rule)
        self.now = 0
        self.failing = False
        self.alerts: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.silences: list[dict[str, Any]] = []

    def ran(self, run: Run) -> None:
        """Keep a run as ElastAlert writes it down."""
        self.runs.append(
            {
                "@timestamp": timestamp(run.at),
                "starttime": timestamp(run.start),
                "endtime": timestamp(run.end),
                "hits": run.hits,
                "matches": run.matches,
            }
        )

    def silenced(self, name: str, silence: Silence) -> None:
        """Keep a silence as ElastAlert writes it down."""
        self.silences.append(
            {
                "@timestamp": timestamp(self.now),
                "rule_name": name,
                "until": timestamp(silence.until),
                "exponent": silence.exponent,
            }
        )

    def deliver(self, matches: list[Match]) -> bool:
        """Word the alert and keep it."""
        if self.failing:
            return False
        wording, settings = self._watch.wording, self._watch.kind
        matches = dressed(self._watch, matches)
        self.alerts.append(
            plain(
                {
                    "at": timestamp(self.now),
                    "title": title(wording, matches),
                    "body": body(wording, settings, matches),
                    "matches": [match.fields for match in matches],
                }
            )
        )
        return True


def runner_answer(rule: WatchRule, scenario: Scenario, make: Make) -> dict[str, Any]:
    """Return what the whole run of a rule answers to the steps of a scenario."""
    watch = watch_of(rule)
    log, recorder = ScenarioLog(rule, scenario), Recorder(rule)
    poller = Poller(Polled(rule.name, watch.kind, watch.poll), log, recorder.deliver, recorder, make)
    move(log, recorder, scenario["now"])
    poller.begin(log.now)
    for step in scenario["steps"]:
        if "at" in step:
            move(log, recorder, step["at"])
        if step["op"] == "tick":
            poller.tick(log.now)
        elif step["op"] == "restart":
            poller.restart(log.now)
        elif step["op"] == "fail":
            recorder.failing = step["on"]
        else:
            poller.silence(log.now + step["minutes"] * 60 * SECOND, step.get("qk"))
    return {"alerts": recorder.alerts, "runs": recorder.runs, "silences": recorder.silences}


def move(log: ScenarioLog, recorder: Recorder, at: str) -> None:
    """Let the scenario's clock show a time."""
    log.now = recorder.now = from_iso(at)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="scenarios as JSON lines")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the differences")
    given = parser.parse_args(arguments)
    outcome = replay(given.file)
    if given.verbose:
        for each in outcome.differences:
            say(f"{each.scenario} {each.what}\n  expected {each.expected}\n  found    {each.found}")
    if outcome.skipped:
        say(f"{outcome.skipped} recordings are no scenarios and were left out")
    if outcome.unloaded:
        say(f"{outcome.unloaded} rules are refused by ElastAlert itself, so there is nothing to compare")
    if outcome.crashed:
        say(f"{outcome.crashed} scenarios end in an error of ElastAlert's own; compared until there")
    say(f"{outcome.scenarios} scenarios, {outcome.differing} differ")
    return 1 if outcome.differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
