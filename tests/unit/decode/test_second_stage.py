"""JSON behind a header or in a field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import load_decoders
from tocsin.decode.second_stage import SecondStage
from tocsin.decode.subject import Subject

DECODERS = """<decoder name="app"><program_name>^app$</program_name></decoder>
<decoder name="app-child"><parent>app</parent><prematch>^note </prematch>
<regex>^note (\\S+) (\\.*)</regex><order>srcip, payload</order></decoder>"""
HEADER = "Nov 24 10:00:00 web1 app: "
EVERYWHERE = SecondStage(everywhere=True)


def _decode(tmp_path: Path, line: str, stage: SecondStage | None) -> tuple[Subject, Event]:
    (tmp_path / "a.xml").write_text(DECODERS)
    decoders, problems = load_decoders([tmp_path / "a.xml"])
    assert not problems
    record = Record("s", 1, line.encode(), 1_800_000_000_000_000)
    return Analyst(decoders, stage).decode(record)


def test_json_behind_a_header_is_read_as_json(tmp_path: Path) -> None:
    """Its fields join the header's, typed in the event; the first decoder becomes the parent."""
    line = HEADER + '{"user": "bob", "size": 5000000000, "a": {"b": [1, 2]}}'
    subject, event = _decode(tmp_path, line, EVERYWHERE)
    assert ("json", "app") == (subject.decoder, subject.parent)
    assert ("bob", "5000000000.000000") == (subject.values["dstuser"], subject.values["size"])
    fields = event.fields
    assert (5_000_000_000, [1, 2]) == (fields["data.size"], fields["data.a.b"])
    assert ("app", "web1") == (fields["process.name"], fields["host.name"])


def test_json_at_the_end_of_a_line_is_found(tmp_path: Path) -> None:
    """Words before the JSON do not matter; what the first decoder read stays as it is."""
    line = HEADER + 'note 192.0.2.1 saved {"srcip": "192.0.2.9", "level": 3}'
    subject, event = _decode(tmp_path, line, EVERYWHERE)
    assert ("json", "app") == (subject.decoder, subject.parent)
    assert "192.0.2.1" == event.fields["source.ip"]
    assert 3 == event.fields["data.level"]


def test_json_in_a_field_adds_fields_below_it(tmp_path: Path) -> None:
    """The decoder stays the first one's when the JSON does not end the log."""
    line = HEADER + 'note 192.0.2.1 {"level": 3, "who": {"id": "x"}} '
    subject, event = _decode(tmp_path, line + ".", EVERYWHERE)
    assert "app" == subject.decoder
    assert "data.payload.level" not in event.fields  # not JSON as a whole
    subject = Subject("")
    subject.decoder, subject.values = "app", {"payload": '{"level": 3, "who": {"id": "x"}}'}
    EVERYWHERE.run(subject)
    assert ("app", "3", "x") == (
        subject.decoder,
        subject.values["payload.level"],
        subject.values["payload.who.id"],
    )


def test_the_first_of_equal_keys_stands(tmp_path: Path) -> None:
    """As in a log that is JSON as a whole."""
    subject, event = _decode(tmp_path, HEADER + '{"level": 3, "level": 4}', EVERYWHERE)
    assert ("3", 3) == (subject.values["level"], event.fields["data.level"])


@pytest.mark.parametrize("stage", [None, SecondStage(), SecondStage(decoders=frozenset({"other"}))])
def test_nothing_is_read_twice_unless_asked_for(tmp_path: Path, stage: SecondStage | None) -> None:
    """Without the setting, and for decoders it does not name, all is as upstream has it."""
    subject, _ = _decode(tmp_path, HEADER + '{"size": 5}', stage)
    assert ("app", "") == (subject.decoder, subject.parent)
    assert "size" not in subject.values


@pytest.mark.parametrize("rest", ["{", "{}}", '{"a": ' * 50 + "}", "{ { { { {" + "}" * 5, "[1]"])
def test_what_is_no_json_changes_nothing(tmp_path: Path, rest: str) -> None:
    """Broken JSON leaves the first decoder's result."""
    subject, _ = _decode(tmp_path, HEADER + rest, SecondStage(decoders=frozenset({"app"})))
    assert ("app", "") == (subject.decoder, subject.parent)
