"""Each processor by the name and options operators write, through the one place that builds them."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tocsin.core.clock import from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Dropped, Unable
from tocsin.ingest.processors.options import Surroundings, build

RECEIVED = from_iso("2030-01-02T00:00:00Z")


def run(name: str, options: Any, message: str = "", folder: Path = Path(), **fields: Any) -> Event:
    event = Event("s", 1, RECEIVED, RECEIVED, message, {k.replace("__", "."): v for k, v in fields.items()})
    build(name, options, Surroundings(folder))(event)
    return event


def test_pairs_become_fields_quotes_and_limits_heeded() -> None:
    """Values may hold the separator in quotes; only the names asked for are kept."""
    found = run(
        "kv", {"field": "message", "prefix": "fw."}, 'act=deny src=192.0.2.1 msg="two words" empty='
    ).fields
    assert found == {"fw.act": "deny", "fw.src": "192.0.2.1", "fw.msg": "two words"}
    found = run("kv", {"field": "message", "field_split": "&", "include": ["a"]}, "a=1&b=2").fields
    assert found == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("a=1 a=2 a=1", {}, {"a": ["1", "2", "1"]}),
        ("a=1 a=2 a=1", {"allow_duplicate_values": False}, {"a": ["1", "2"]}),
        (r'm="say \"hi\"" b=2', {}, {"m": 'say "hi"', "b": "2"}),
        ("a = 1  b =2 c= d=4", {}, {"a": "1", "b": "2", "d": "4"}),
        ("a: 1; b: x y", {"field_split": ";", "value_split": ":"}, {"a": "1", "b": "x y"}),
        ("timestamp=12:00 [b]=2", {"trim": "[]"}, {"data.timestamp": "12:00", "b": "2"}),
    ],
)
def test_pairs_as_logstash_reads_them(text: str, more: dict[str, Any], expected: dict[str, Any]) -> None:
    """A key that comes again has a list, quotes may be escaped, blanks stand around `=`."""
    assert expected == run("kv", {"field": "message", **more}, text).fields


@pytest.mark.parametrize("text", ["a" * 200_000, "a" + " " * 200_000, "a \\" * 50_000, "'\\'" * 50_000])
def test_pairs_take_linear_time_on_hostile_text(text: str) -> None:
    """A long text without any pair is one pass."""
    with pytest.raises(Unable, match="holds no pairs"):
        run("kv", {"field": "message"}, text)


def test_what_logstash_calls_timestamp_is_a_field_like_others() -> None:
    """Read by a pattern, dated by it, and named with brackets; the event's own time is `@timestamp`."""
    found = run(
        "grok",
        {"field": "message", "patterns": ["^%{TIMESTAMP_ISO8601:timestamp}"]},
        "2029-12-31T10:00:00Z x",
    )
    assert {"data.timestamp": "2029-12-31T10:00:00Z"} == found.fields
    build("date", {"field": "timestamp", "formats": ["ISO8601"]}, Surroundings(Path()))(found)
    assert "2029-12-31T10:00:00.000000Z" == to_iso(found.at)
    assert {"c": "x"} == run("rename", {"[a][b]": "c"}, a__b="x").fields
    with pytest.raises(ValueError, match="cannot be written"):
        run("set", {"fields": {"@timestamp": "x"}})


def test_the_slots_of_logstash_are_refused_with_ours() -> None:
    """Else the text would stand there as it is written."""
    with pytest.raises(ValueError, match=r"%\{host\} is Logstash's: write \{\{host\}\}"):
        run("set", {"fields": {"a": "on %{host}"}})


def test_json_becomes_flat_typed_fields() -> None:
    """Objects are joined by dots; text stays text and numbers numbers."""
    found = run(
        "json",
        {"field": "message", "into": "app"},
        '{"a": {"b": 1.5, "c": [1, {"d": 2}]}, "n": null, "t": true}',
    )
    assert found.fields == {"app.a.b": 1.5, "app.a.c": [1, '{"d":2}'], "app.t": True}


@pytest.mark.parametrize("text", ["{", "[1]", '{"a":' * 30 + "1" + "}" * 30])
def test_what_is_not_a_json_object_is_said(text: str) -> None:
    """Broken, other and too deep documents are misfits."""
    with pytest.raises(Unable):
        run("json", {"field": "message"}, text)


def test_columns_get_names() -> None:
    """A dash skips a column; quotes hold the separator."""
    found = run("csv", {"field": "message", "columns": ["a", "-", "b"]}, '1,2,"x, y"').fields
    assert found == {"a": "1", "b": "x, y"}
    with pytest.raises(Unable, match="has 3 columns, 2 are named"):
        run("csv", {"field": "message", "columns": ["a", "b"]}, "1,2,3")


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        (["ISO8601"], "2030-01-01T10:00:00.5+01:00", "2030-01-01T09:00:00.500000Z"),
        (["dd/MMM/yyyy:HH:mm:ss Z"], "01/Jan/2030:10:00:00 -0200", "2030-01-01T12:00:00.000000Z"),
        (["yyyy-MM-dd'T'HH:mm:ss.SSS"], "2030-01-01T10:00:00.123", "2030-01-01T10:00:00.123000Z"),
        (["MMM d HH:mm:ss"], "Dec 31 23:00:00", "2029-12-31T23:00:00.000000Z"),
        (["UNIX"], "1893456000.25", "2030-01-01T00:00:00.250000Z"),
        (["UNIX_MS"], "1893456000250", "2030-01-01T00:00:00.250000Z"),
        (["%Y%m%d %H%M", "ISO8601"], "20300101 1000", "2030-01-01T10:00:00.000000Z"),
    ],
)
def test_a_time_becomes_the_events_own(formats: list[str], text: str, expected: str) -> None:
    """Each form of format is read; without a year it is the latest that fits."""
    event = run("date", {"field": "t", "formats": formats}, t=text)
    assert from_iso(to_iso(event.at)) == from_iso(expected)


def test_a_time_without_zone_is_of_the_zone_given_and_may_go_to_a_field() -> None:
    """The event's own time stays when a field is named."""
    event = run(
        "date",
        {"field": "t", "formats": ["ISO8601"], "timezone": "Europe/Zurich", "into": "seen"},
        t="2030-07-01T12:00:00",
    )
    assert from_iso(str(event.fields["seen"])) == from_iso("2030-07-01T10:00:00Z")
    assert event.at == RECEIVED


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"formats": ["yyyy-QQ"]}, "means no part of a time"),
        ({"formats": []}, "at least one"),
        ({"formats": ["ISO8601"], "timezone": "Mars/Base"}, "no time zone"),
    ],
)
def test_a_format_that_is_none_is_refused(options: dict[str, Any], reason: str) -> None:
    """When the pipeline is loaded, not at the first event."""
    with pytest.raises((ValueError, InvalidError), match=reason):
        build("date", {"field": "t", **options}, Surroundings(Path()))


def test_fields_are_set_copied_renamed_converted_and_removed() -> None:
    """The small changes, one after the other."""
    assert run("set", {"fields": {"a": "{{b}}-{{c}}", "n": 3}}, b="x", c=1).fields == {
        "a": "x-1",
        "n": 3,
        "b": "x",
        "c": 1,
    }
    assert run("set", {"fields": {"a": "new"}, "override": False}, a="old").fields == {"a": "old"}
    assert run("rename", {"a": "data.srcip"}, a="192.0.2.1").fields == {"source.ip": "192.0.2.1"}
    assert run("copy", {"message": "kept"}, "text").fields == {"kept": "text"}
    assert run("remove", ["a", "absent"], a=1, b=2).fields == {"b": 2}
    kinds = {"a": "int", "b": "boolean", "c": "lowercase"}
    assert run("convert", kinds, a="0x1f", b="Yes", c="ABC").fields == {"a": 31, "b": True, "c": "abc"}
    assert run("gsub", {"field": "a", "pattern": "[0-9]+", "replacement": "N"}, a="x12y3").fields == {
        "a": "xNyN"
    }
    assert run("split", {"field": "a", "separator": ","}, a="x, y,,").fields == {"a": ["x", "y"]}


def test_a_value_that_cannot_be_converted_stays() -> None:
    """The reason names the value."""
    with pytest.raises(Unable, match="'abc' is not int"):
        run("convert", {"a": "int"}, a="abc")


def test_an_event_nobody_wants_is_dropped_with_the_reason() -> None:
    """The reason is what it is counted under."""
    with pytest.raises(Dropped, match="health checks"):
        run("drop", {"reason": "health checks"})


def test_a_browser_is_recognised() -> None:
    """Name, version and system of a User-Agent header."""
    text = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/127.0.0.0 Safari/537.36"
    found = run("user_agent", {"field": "user_agent.original"}, user_agent__original=text).fields
    assert found["user_agent.name"] == "Chrome"
    assert found["user_agent.os.name"] == "Windows"


def test_an_address_is_placed(tmp_path: Path) -> None:
    """Beside the field it stands in; what the database does not know adds nothing."""
    path = tmp_path / "city.mmdb"
    writer = MMDBWriter(database_type="GeoLite2-City")
    known = {"country": {"iso_code": "CH"}, "location": {"latitude": 46.9, "longitude": 7.4}}
    writer.insert_network(IPSet(["198.51.100.0/24"]), known)
    writer.to_db_file(str(path))
    locate = build("geoip", {"field": "source.ip"}, Surroundings(tmp_path, path))
    here = Event("s", 1, 0, 0, "", {"source.ip": "198.51.100.7"})
    elsewhere = Event("s", 2, 0, 0, "", {"source.ip": "203.0.113.1"})
    locate(here)
    locate(elsewhere)
    assert here.fields["source.geo.country_iso_code"] == "CH"
    assert here.fields["source.geo.location"] == "46.9,7.4"
    assert elsewhere.fields == {"source.ip": "203.0.113.1"}
    with pytest.raises(Unable, match="not an address"):
        locate(Event("s", 3, 0, 0, "", {"source.ip": "host"}))


def test_a_place_needs_a_database() -> None:
    """The error says which setting names it."""
    with pytest.raises(ValueError, match=r"\[enrich\] geoip"):
        build("geoip", {"field": "source.ip"}, Surroundings(Path()))


def test_a_table_of_the_operators_adds_its_columns(tmp_path: Path) -> None:
    """Keys are compared without case; an absent key leaves the event alone."""
    (tmp_path / "hosts.csv").write_text("host,owner,tier\nDB1,anna,1\n")
    options = {"field": "h", "file": "hosts.csv", "key": "host", "into": "asset"}
    assert run("lookup", options, folder=tmp_path, h="db1").fields["asset.owner"] == "anna"
    assert run("lookup", options, folder=tmp_path, h="db2").fields == {"h": "db2"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"file": "../secret.csv"}, "outside the pipeline's folder"), ({"key": "nope"}, "no column 'nope'")],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    """Nothing outside the folder is read."""
    (tmp_path / "hosts.csv").write_text("host,owner\na,b\n")
    options = {"field": "h", "file": "hosts.csv", "key": "host", "into": "asset", **changed}
    with pytest.raises(ValueError, match=reason):
        build("lookup", options, Surroundings(tmp_path))


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("gsub", {"pattern": "(a)b", "replacement": r"\2"}, "has a group the pattern has not"),
        ("gsub", {"pattern": "(?P<x>a)b", "replacement": r"\g<y>"}, "has a group the pattern has not"),
        ("gsub", {"pattern": "a", "replacement": r"\x"}, "or a bad escape"),
        ("split", {"separator": ""}, "separator cannot be empty"),
    ],
)
def test_what_would_fail_on_every_event_is_refused_when_read(
    name: str, options: dict[str, Any], reason: str
) -> None:
    """Else events would be kept aside because of the pipeline."""
    with pytest.raises(ValueError, match=reason):
        build(name, {"field": "a", **options}, Surroundings(Path()))


def test_a_replacement_may_name_groups() -> None:
    """By number and by name."""
    options = {"field": "a", "pattern": "(?P<x>b)(c)", "replacement": r"\2\g<x>"}
    assert run("gsub", options, a="abcd").fields == {"a": "acbd"}


def test_an_unknown_option_is_refused_by_name() -> None:
    """A slip in an option does not pass silently."""
    with pytest.raises(msgspec.ValidationError, match="patern"):
        build("grok", {"field": "message", "patern": "x"}, Surroundings(Path()))


@pytest.mark.parametrize(
    ("name", "options"),
    [("rename", {"a": "message"}), ("set", {"fields": {"@timestamp": "x"}}), ("remove", ["_id"])],
)
def test_what_was_received_cannot_be_written(name: str, options: Any) -> None:
    """Text, time and identity of an event are evidence."""
    with pytest.raises(ValueError, match="cannot be written"):
        build(name, options, Surroundings(Path()))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kv", "a=1 rule.level=15 message=x id=7 event.pipelines=none b=2"),
        (
            "json",
            '{"a":"1","rule.level":"15","message":"x","id":"7","event":{"pipelines":"none"},"b":"2"}',
        ),
    ],
)
def test_names_in_a_text_that_are_not_its_to_give_stand_under_data(name: str, text: str) -> None:
    """No sender says what only Tocsin says of an event, and such a name hides no other."""
    event = run(name, {"field": "message"}, text, rule__level=3)  # `data.id` is a name of event.code
    assert event.at == RECEIVED
    assert event.fields == {
        "a": "1", "b": "2", "rule.level": 3, "data.rule.level": "15", "data.message": "x", "event.code": "7",
        "data.event.pipelines": "none",
    }  # fmt: skip


def test_a_key_in_a_dissected_text_gives_no_verdict() -> None:
    """It stands under `data.` as well."""
    event = run("dissect", {"field": "message", "pattern": "%{*k}=%{&k}"}, "rule.level=15")
    assert event.fields == {"data.rule.level": "15"}
