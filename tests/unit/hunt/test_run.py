"""Rules over files: what is found, what is said of files that cannot be read, correlations at the end."""

from __future__ import annotations

import gzip
import os
import zipfile

import orjson
import pytest
import zstandard

from harness.hunting import CORRELATION, PROCESS_RULE, json_lines, process
from tocsin.content import own_content
from tocsin.core.clock import from_iso
from tocsin.detect.loader import load_folders
from tocsin.hunt import Hunt, HuntOptions, find_inputs
from tocsin.hunt.errors import HuntRefusedError
from tocsin.hunt.messages import Correlated, Faulty, Finished, Found


def found(messages):
    return [message for message in messages if isinstance(message, Found)]


def finished(messages):
    return [message for message in messages if isinstance(message, Finished)]


def test_a_match_names_rule_file_and_record(hunted, tmp_path):
    """The second line matches, the first does not."""
    path = json_lines(tmp_path / "a.jsonl", process(CommandLine="powershell"), process())
    hunt, inputs, messages = hunted(path)
    [match] = found(messages)
    assert ("encoded", str(path), 2) == (
        hunt.rules[match.rule].reference,
        inputs[match.file].name,
        match.record,
    )
    assert from_iso("2026-01-01T00:00:00Z") == match.at
    assert [(2, 0, "")] == [(each.events, each.faults, each.problem) for each in finished(messages)]


def test_events_are_known_under_the_names_of_several_shippers(hunted, tmp_path):
    """Plain, of the security log, below winlog (ECS), as the event log's own document."""
    plain = process()
    security = {
        "Channel": "Security",
        "EventID": 4688,
        "NewProcessName": plain["Image"],
        "CommandLine": plain["CommandLine"],
    }
    shipped = {
        "winlog": {"channel": plain["Channel"], "event_id": "1", "event_data": {"Image": plain["Image"]}},
        "process": {"command_line": plain["CommandLine"]},
    }
    data = {key: plain[key] for key in ("Image", "CommandLine")}
    raw = {"Event": {"System": {"Channel": plain["Channel"], "EventID": {"#text": 1}}, "EventData": data}}
    hit = {"_index": "w", "_source": shipped}
    path = json_lines(tmp_path / "a.json", plain, security, shipped, raw, hit)
    assert [1, 2, 3, 4, 5] == [match.record for match in found(hunted(path)[2])]


@pytest.mark.parametrize("text", ['[{"a":1},%s]', '{"Records":[%s]}', '{\n "x": 1\n}\n\n%s\n'])
def test_json_of_other_shapes_is_read(hunted, tmp_path, text):
    """A list, a cloud's wrapping, documents over several lines."""
    path = tmp_path / "a.json"
    path.write_bytes(text.encode() % orjson.dumps(process()))
    assert 1 == len(found(hunted(path)[2]))


def test_archives_are_read(hunted, tmp_path):
    """Gzip, zstd and each log in a zip."""
    plain = json_lines(tmp_path / "a.jsonl", process())
    content = plain.read_bytes()
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(content))
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard.compress(content))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("in/e.jsonl", content)
        archive.writestr("in/picture.png", b"no log")
    _, inputs, messages = hunted(tmp_path)
    assert ["a.jsonl", "b.jsonl.gz", "c.jsonl.zst", "d.zip!in/e.jsonl"] == [
        inputs[match.file].name.rpartition(f"{tmp_path}/")[2] for match in found(messages)
    ]


def test_a_bomb_is_left_unpacked(hunted, tmp_path, monkeypatch):
    """What unpacks to hundreds of times its size is no log; the others go on."""
    monkeypatch.setattr("tocsin.hunt.inputs._RATIO_FREE", 1024)
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"\n" * 5_000_000))
    json_lines(tmp_path / "b.jsonl", process())
    _, _, messages = hunted(tmp_path)
    assert 1 == len(found(messages))
    assert ["a bomb" in each.problem for each in finished(messages)] == [True, False]


def test_what_is_damaged_is_said_and_the_rest_goes_on(hunted, tmp_path):
    """A broken line costs itself, a broken file itself, a missing one is named."""
    path = json_lines(tmp_path / "a.jsonl", {"x": 1}, process())
    path.write_bytes(b'{"x": 1}\n{broken\n' + path.read_bytes())
    (tmp_path / "b.evtx").write_bytes(b"ElfFile\0" + b"\0" * 100)
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n')[:-9])
    (tmp_path / "d.csv").write_bytes(b"")
    _, _, messages = hunted(tmp_path, tmp_path / "missing")
    assert 1 == len(found(messages))
    assert [2] == [each.record for each in messages if isinstance(each, Faulty)]
    problems = [each.problem for each in finished(messages)]
    assert "" == problems[0]
    assert ["no Windows event log", "damaged", "the file is empty"] == [
        problem.partition(":")[0] for problem in problems[1:]
    ]
    assert "no such file" in messages[0].reason


def test_json_goes_on_behind_what_is_damaged(hunted, tmp_path):
    """A damaged first line, or one between documents over several lines, costs itself."""
    line = orjson.dumps(process()).decode()
    (tmp_path / "a.jsonl").write_text('{"x": "cut\n' + line + "\n")
    (tmp_path / "b.json").write_text('{\n"x": 1}\n}\n' + line.replace("{", "{\n", 1))
    _, _, messages = hunted(tmp_path)
    assert [2, 3] == [match.record for match in found(messages)]
    faults = [each for each in messages if isinstance(each, Faulty)]
    assert [1, 2] == [each.record for each in faults]
    assert all(each.reason.startswith("not JSON") for each in faults)


def test_an_empty_list_has_no_event(hunted, tmp_path):
    """It was read to its end, and nothing of it is damaged."""
    (tmp_path / "a.json").write_text("[]")
    assert [(0, 0, "")] == [(each.events, each.faults, each.problem) for each in hunted(tmp_path)[2]]


def test_a_folder_that_cannot_be_looked_into_is_named(hunted, tmp_path, monkeypatch):
    """What lies below it is missing from the answer."""
    json_lines(tmp_path / "a.jsonl", process())
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problem, *messages = hunted(tmp_path)[2]
    assert f"{tmp_path / 'closed'}: cannot be looked into: Permission denied" == str(problem)
    assert 1 == len(found(messages))


def test_rows_of_csv_are_events(hunted, tmp_path):
    """The header names the fields; a row of another length is refused with its line."""
    path = tmp_path / "a.csv"
    path.write_text(
        "Channel;EventID;Image;CommandLine\n"
        "Security;4688;x;y\n"
        'Microsoft-Windows-Sysmon/Operational;1;"C:\\powershell.exe";"p -enc A"\n'
        "too;few\n"
    )
    _, _, messages = hunted(path)
    assert [3] == [match.record for match in found(messages)]
    assert [4] == [each.record for each in messages if isinstance(each, Faulty)]


def test_log_lines_are_decoded(tmp_path, rules):
    """With our decoders a rule on fields works on plain syslog."""
    (rules / "ssh.yml").write_text(
        "title: Root login\nlogsource: {product: linux, service: sshd}\n"
        "detection: {keywords: ['Failed password'], condition: keywords}\n"
    )
    path = tmp_path / "auth.log"
    path.write_text("Nov 24 05:00:00 h sshd[1]: Failed password for root from 192.0.2.1 port 2 ssh2\n")
    loaded = load_folders([rules])
    options = HuntOptions(decoders=own_content() / "decoders")
    [match] = found(Hunt(loaded.rules, (), options).run(find_inputs([path])[0]))
    assert "192.0.2.1" == match.fields["source.ip"]


def test_log_lines_in_brackets_are_no_json(hunted, tmp_path):
    """Apache's error log begins so."""
    path = tmp_path / "error.log"
    path.write_text("[Sun Dec 04 04:47:44 2005] [notice] jk2_init()\n[x] y\n")
    assert [(2, 0, "")] == [(each.events, each.faults, each.problem) for each in finished(hunted(path)[2])]


def test_only_events_of_the_time_asked_for_are_looked_at(hunted, tmp_path):
    """From a time on, before another; an event without a time is always looked at."""
    times = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")
    path = json_lines(tmp_path / "a.jsonl", *(process(at) for at in times), process(SystemTime=None))
    _, _, messages = hunted(path, since=from_iso(times[1]), until=from_iso(times[2]))
    assert [2, 4] == [match.record for match in found(messages)]


def test_correlations_come_in_order_of_time_over_all_files(hunted, rules, tmp_path):
    """Three matches of one user within ten minutes, from two files; the base rule is silent."""
    (rules / "encoded.yml").write_text(PROCESS_RULE + CORRELATION, encoding="utf-8")
    json_lines(
        tmp_path / "a.jsonl",
        process("2026-01-01T00:09:00Z"),
        process("2026-01-01T00:00:00Z"),
        process("2026-01-01T00:01:00Z", User="bob"),
    )
    json_lines(tmp_path / "b.jsonl", process("2026-01-01T00:05:00Z"), process("2026-01-01T02:05:00Z"))
    _, _, messages = hunted(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert [] == found(messages)
    [came] = [message for message in messages if isinstance(message, Correlated)]
    assert ("CORP\\ann",) == came.came.group
    assert [(0, 2), (1, 1), (0, 1)] == [(match.file, match.record) for match in came.matches]


def test_several_processes_find_what_one_finds(hunted, tmp_path):
    """In whatever order the files are done."""
    for number in range(6):
        json_lines(tmp_path / f"{number}.jsonl", *[process() for _ in range(number + 1)])
    one, two = (
        sorted((match.file, match.record) for match in found(hunted(tmp_path, jobs=jobs)[2]))
        for jobs in (1, 2)
    )
    assert 21 == len(one)
    assert one == two


def test_rules_that_watch_over_time_are_left_out_and_named(rules):
    """They need the log of a running platform; without any other rule there is nothing to hunt with."""
    (rules / "f.yaml").write_text(
        "name: f\ntype: frequency\nindex: x\nnum_events: 3\ntimeframe: {minutes: 1}\n"
        "filter: []\nalert: debug\n"
    )
    loaded = load_folders([rules])
    assert ["f"] == [rule.id for rule in Hunt(loaded.rules).left_out]
    with pytest.raises(HuntRefusedError, match="no rule"):
        Hunt([rule for rule in loaded.rules if rule.id == "f"])


def test_elastalert_rules_of_single_events_run(rules, tmp_path):
    """`any` matches every event its filter selects."""
    (rules / "a.yaml").write_text(
        "name: a\ntype: any\nindex: x\nfilter: [{term: {EventID: 1}}]\nalert: debug\n"
    )
    path = json_lines(tmp_path / "a.jsonl", process(), process(EventID=2))
    hunt = Hunt(load_folders([rules / "a.yaml"]).rules)
    assert [1] == [match.record for match in found(hunt.run(find_inputs([path])[0]))]
