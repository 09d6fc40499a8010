"""An event comes back as it was, of its form and the texts it is searched by."""

from __future__ import annotations

import duckdb
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.event import Event
from tocsin.query.sql import COLUMNS
from tocsin.store.forms import form_of, values_of
from tocsin.store.frames import frame
from tocsin.store.rows import DDL, event_columns, insert, to_event
from tocsin.store.storable import storable

SCALARS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
NAMES = st.sampled_from([*COLUMNS, "data.x", "data.y", "ünïcode", "", "a b", "\0"])
FIELDS = st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, min_size=1, max_size=4), max_size=8)


def stored(events: list[Event]) -> list[Event]:
    connection = duckdb.connect()
    connection.execute("SET GLOBAL pandas_analyze_sample = 0")
    connection.execute("ATTACH ':memory:' AS day")
    connection.execute(DDL[0].format(day="day", own=""))
    arrays, _ = frame(1, events)
    connection.register("incoming", arrays)
    connection.execute(insert("day", raw="raw" in arrays))
    rows = connection.execute(f"SELECT {event_columns()} FROM day.events ORDER BY seq").fetchall()
    connection.close()
    return [to_event(row) for row in rows]


@settings(max_examples=60, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=8))
def test_every_value_comes_back_with_its_type_and_place(fields: list[dict[str, object]]) -> None:
    """Text of any letters, whole numbers to 64 bits, numbers to the last digit, lists of one type or more."""
    events = [Event("s", seq, seq, 0, "m", one) for seq, one in enumerate(fields, 1)]  # type: ignore[arg-type]
    for before, after in zip(events, stored(events), strict=True):
        assert orjson.dumps(storable(before.fields)) == orjson.dumps(after.fields)


def test_events_of_one_program_share_a_form() -> None:
    """Whatever their values are."""
    assert form_of("sl", {"a": "x", "b": 1}) == form_of("sl", {"a": "y", "b": 2})


def test_a_document_in_the_place_of_a_form_is_the_fields() -> None:
    """Days written by the first layout are read as they are."""
    assert {"a": 1, "b": ["x"]} == values_of('{"a": 1, "b": ["x"]}', {})


def test_a_list_that_is_changed_by_its_owner_changes_no_other_event() -> None:
    """A value that stands in the form is copied out of it."""
    form = form_of("j", {"a": [1, "x"]})
    mine = values_of(form, {})["a"]
    assert isinstance(mine, list)
    mine.append("mine")
    assert [1, "x"] == values_of(form, {})["a"]
