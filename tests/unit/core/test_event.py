"""The nested form of an event loses no field."""

from __future__ import annotations

from tocsin.core.event import Event, nested


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
