"""Files as they come from investigations: odd encodings, odd CSV, event logs cut off in the middle."""

from __future__ import annotations

import orjson
import pytest

from harness.hunting import json_lines, process
from tocsin.hunt.messages import Faulty, Finished, Found

ROW = "1;Microsoft-Windows-Sysmon/Operational;C:\\Windows\\powershell.exe;"
HEADER = "EventID;Channel;Image;CommandLine\r\n"


def told(messages, kind):
    return [message for message in messages if isinstance(message, kind)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_text_is_read_however_windows_wrote_it(hunted, tmp_path, encoding, name):
    """With the mark of UTF-8 and as UTF-16, the first record too."""
    document = process()
    if name.endswith(".csv"):
        text = "\n".join(",".join(f'"{each}"' for each in row) for row in (document, document.values()))
    else:
        text = orjson.dumps(document).decode()
        text = f"[{text}]" if name.endswith(".json") else f"{text}\n{text}\n"
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    messages = hunted(path)[2]
    assert len(told(messages, Found)) == (2 if name.endswith("l") else 1)
    assert told(messages, Faulty) == []


def test_a_cell_of_a_table_may_hold_lines(hunted, tmp_path):
    """Empty ones too; empty rows are no records."""
    path = tmp_path / "a.csv"
    path.write_text(
        f'\r\n{HEADER}{ROW}"one\r\n\r\npowershell -enc three"\r\n\r\n', encoding="utf-8", newline=""
    )
    messages = hunted(path)[2]
    [match] = told(messages, Found)
    assert match.fields["CommandLine"] == "one\n\npowershell -enc three"
    assert told(messages, Faulty) == []


def test_a_table_without_a_header_is_said_to_be_none(hunted, tmp_path):
    """And does not end the hunt."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\rb,c\n1,2\n")
    other = json_lines(tmp_path / "b.jsonl", process())
    messages = hunted(path, other)[2]
    assert "no CSV header" in told(messages, Finished)[0].problem
    assert len(told(messages, Found)) == 1


def test_an_event_log_that_was_cut_off_says_so(hunted, tmp_path, real_data):
    """What is whole is read; at the edge of a block only the header knows that more was there."""
    logs = sorted((real_data / "evtx").rglob("*.evtx"), key=lambda path: path.stat().st_size)
    whole = next(
        (path.read_bytes() for path in logs if int.from_bytes(path.read_bytes()[42:44], "little") > 1), b""
    )
    if not whole:
        pytest.skip("no event log of several blocks")
    path = tmp_path / "a.evtx"
    for size, is_cut in ((len(whole), False), (len(whole) - 30_000, True), (4096 + 65536, True)):
        path.write_bytes(whole[:size])
        faults = [fault.reason for fault in told(hunted(path)[2], Faulty)]
        assert any("cut off" in reason for reason in faults) is is_cut
