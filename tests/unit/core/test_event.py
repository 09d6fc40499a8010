"""The nested form of an event loses no field; a column shows a field or a property."""

from __future__ import annotations

from tocsin.core.event import Event, nested, value_of


def made(fields: dict[str, object]) -> Event:
    return Event("s", 1, 0, 0, "", fields)  # type: ignore[arg-type]  # tests give literal fields


def test_dots_become_levels() -> None:
    """ECS names are paths."""
    assert {"source": {"ip": "192.0.2.1", "port": 22}} == nested(
        made({"source.ip": "192.0.2.1", "source.port": 22})
    )


def test_a_value_that_is_also_a_prefix_keeps_its_value() -> None:
    """`a` and `a.b` both survive, whichever came first."""
    assert {"a": {"value": 1, "b": 2}} == nested(made({"a.b": 2, "a": 1}))


def test_names_with_empty_parts_keep_them() -> None:
    """Whoever writes the logs chooses the names: dots at an end, two in a row, nothing at all."""
    assert {"": {"a": 1, "": 2}} == nested(made({".a": 1, ".": 2}))
    assert {"a": {"": {"b": 1}}, "": 2} == nested(made({"a..b": 1, "": 2}))


def test_the_order_of_keys_follows_the_names() -> None:
    """Whatever order the fields come in, and however often."""
    for fields in ({"b.c": 1, "a.z": 2, "a.b.c": 3}, {"a.b.c": 3, "b.c": 1, "a.z": 2}):
        for _ in range(2):
            assert repr(nested(made(fields))) == "{'a': {'b': {'c': 3}, 'z': 2}, 'b': {'c': 1}}"


def test_a_column_shows_a_field_or_a_property() -> None:
    """What an event does not have is None, and no field hides a property."""
    event = Event("file:a", 7, 1_000_000, 0, "text", {"rule.level": 3, "message": "another"})
    names = ("rule.level", "@timestamp", "_id", "message", "event.source", "event.sequence", "none")
    assert [3, "1970-01-01T00:00:01.000000Z", event.id, "text", "file:a", 7, None] == [
        value_of(event, name) for name in names
    ]
