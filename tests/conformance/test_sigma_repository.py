"""SigmaHQ's rules, where they are at hand: all load or say why, and match what the slow way matches."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import evtx
import orjson
import pytest
import yaml
from sigma.rule import SigmaRule

from harness.sigma_plainly import flat, holds
from tocsin.detect.loader import load_folders
from tocsin.hunt import Hunt, find_inputs
from tocsin.hunt.flatten import windows_event
from tocsin.hunt.messages import Found

SCRIPT = Path(__file__).with_name("sigma.py")


@pytest.fixture(scope="module")
def loaded(real_data):
    folder = real_data / "sigma"
    if not folder.is_dir():
        pytest.skip(f"no rules at {folder}")
    began = time.process_time()
    found = load_folders([folder])
    return found, time.process_time() - began


@pytest.mark.slow
def test_every_rule_loads_or_says_why(loaded):
    """Nothing is refused but rules with placeholders nobody has filled; thousands take seconds."""
    found, seconds = loaded
    assert all(problem.location.line and problem.reason for problem in found.problems)
    reasons = Counter(problem.reason for problem in found.problems)
    assert {"the placeholder"} >= {" ".join(reason.split()[:2]) for reason in reasons}, reasons
    assert len(found.rules) > 3_700
    assert seconds < 15  # a few on a quiet machine


@pytest.mark.slow
def test_the_engine_matches_what_the_slow_way_matches(loaded, real_data):
    """Walking pySigma's own tree over the raw events gives the same pairs of rule and event."""
    events = _events(real_data, random.Random(7), 20)
    rules = [rule for rule in loaded[0].rules if rule.logsource.startswith("windows/")]
    hunt = Hunt(rules)
    engine = hunt.worker()._index
    expected = Counter()
    found = Counter()
    parsed = [(rule, SigmaRule.from_dict(yaml.load(rule.text, yaml.CSafeLoader))) for rule in rules]
    conditions = [(rule, [each.parsed for each in read.detection.parsed_condition]) for rule, read in parsed]
    for document in events:
        event, fields = windows_event(document["Event"], "x", 1), flat(document)
        found.update(rule.id for rule in engine.matching(event))
        for rule, trees in conditions:
            if not _is_about(rule.logsource, fields):
                continue
            process = "process_creation" in rule.logsource
            if any(holds(tree, fields, process=process) for tree in trees):
                expected[rule.id] += 1
    assert len(expected) > 10
    assert expected == found


def _events(real_data, chance, number):
    files = sorted((real_data / "evtx").rglob("*.evtx"))
    if not files:
        pytest.skip("no event logs")
    events = []
    for file in chance.sample(files, min(len(files), number)):
        records = [record["data"] for record in evtx.PyEvtxParser(str(file)).records_json()]
        events += [orjson.loads(record) for record in chance.sample(records, min(len(records), 2))]
    return events


CATEGORIES = {
    "process_creation": {"1"}, "network_connection": {"3"}, "driver_load": {"6"}, "image_load": {"7"},
    "create_remote_thread": {"8"}, "raw_access_thread": {"9"}, "process_access": {"10"}, "file_event": {"11"},
    "registry_set": {"13"}, "registry_add": {"12"}, "registry_delete": {"12"}, "sysmon_status": {"4", "16"},
    "registry_event": {"12", "13", "14"}, "create_stream_hash": {"15"}, "pipe_created": {"17", "18"},
    "wmi_event": {"19", "20", "21"}, "dns_query": {"22"}, "file_delete": {"23", "26"}, "file_change": {"2"},
    "process_tampering": {"25"}, "file_executable_detected": {"29"}, "sysmon_error": {"255"},
}  # fmt: skip
POWERSHELL = {"ps_module": "4103", "ps_script": "4104"}
CLASSIC = {"ps_classic_start": "400", "ps_classic_provider_start": "600"}
SERVICES = {
    "security": ["security"], "system": ["system"], "application": ["application"],
    "sysmon": ["microsoft-windows-sysmon/operational"], "powershell-classic": ["windows powershell"],
    "windefend": ["microsoft-windows-windows defender/operational"],
    "taskscheduler": ["microsoft-windows-taskscheduler/operational"],
    "wmi": ["microsoft-windows-wmi-activity/operational"],
    "bits-client": ["microsoft-windows-bits-client/operational"],
    "ntlm": ["microsoft-windows-ntlm/operational"],
    "firewall-as": ["microsoft-windows-windows firewall with advanced security/firewall"],
    "applocker": [
        f"microsoft-windows-applocker/{name}"
        for name in ("msi and script", "exe and dll", "packaged app-deployment", "packaged app-execution")
    ],
    "terminalservices-localsessionmanager": [
        "microsoft-windows-terminalservices-localsessionmanager/operational"
    ],
}  # fmt: skip


def _is_about(logsource, fields):
    _, category, service = logsource.split("/")
    channel = fields.get("Channel", [""])[0].lower()
    number = fields.get("EventID", [""])[0]
    if category in CATEGORIES:
        if category == "process_creation" and (channel, number) == ("security", "4688"):
            return True
        return channel == "microsoft-windows-sysmon/operational" and number in CATEGORIES[category]
    if category in POWERSHELL:
        return channel in {"microsoft-windows-powershell/operational", "powershellcore/operational"} and (
            number == POWERSHELL[category]
        )
    if category in CLASSIC:
        return (channel, number) == ("windows powershell", CLASSIC[category])
    if service == "*" and category == "*":
        return bool(channel)
    return channel in SERVICES.get(service, ())


@pytest.mark.slow
def test_regression_cases_run(real_data, tmp_path):
    """The script counts cases in SigmaHQ's layout, names those that fail, and fails then."""
    rule = next((real_data / "sigma").rglob("proc_creation_win_powershell_base64_encoded_cmd.yml"), None)
    recordings = sorted((real_data / "evtx").rglob("*iis_pwd_and_config_discovery_appcmd.evtx"))
    if rule is None or not recordings:
        pytest.skip("no rule or recording to make a case of")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "r.yml").write_bytes(rule.read_bytes())
    identifier = yaml.safe_load(rule.read_text(encoding="utf-8"))["id"]
    [inputs], _ = find_inputs(recordings[:1])
    hunt = Hunt(load_folders([rules]).rules)
    seen = sum(isinstance(each, Found) for each in hunt.run([inputs]))
    assert seen
    good, bad = tmp_path / "cases/good", tmp_path / "cases/bad"
    for folder, least in ((good, seen), (bad, seen + 1)):
        folder.mkdir(parents=True)
        (folder / "x.evtx").write_bytes(recordings[0].read_bytes())
        test = {"name": "n", "type": "evtx", "match_count": least, "path": "regression_data/far/x.evtx"}
        document = {"rule_metadata": [{"id": identifier}], "regression_tests_info": [test]}
        (folder / "info.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    done = [
        subprocess.run([sys.executable, SCRIPT, rules, cases], capture_output=True, text=True, check=False)
        for cases in (tmp_path / "cases", good)
    ]
    assert "2 cases, 1 failed" == done[0].stdout.splitlines()[-1]
    assert f"matched {seen} times, not {seen + 1}" in done[0].stdout
    assert [1, 0] == [each.returncode for each in done]
    assert "1 cases, 0 failed\n" == done[1].stdout
