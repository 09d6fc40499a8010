"""Decoded fields as Wazuh's alerts show them."""

from __future__ import annotations

from tocsin.decode.jsondoc import JSONOptions, put_document
from tocsin.decode.subject import Subject
from tocsin.decode.wazuhdoc import data_of, predecoder_of


def _json(document: dict[str, object]) -> Subject:
    subject = Subject("{}")
    subject.written = {}
    put_document(subject, document, JSONOptions())
    return subject


def test_dynamic_fields_are_nested_under_their_names_as_text() -> None:
    """Dots nest, case stays, numbers and truth values are text."""
    data = data_of(_json({"win": {"eventData": {"Pid": 7, "big": 2**32, "ok": True}}, "none": None}))
    inner = {"Pid": "7", "big": "4294967296.000000", "ok": "true"}
    assert {"win": {"eventData": inner}, "none": "null"} == data


def test_static_fields_stand_first_under_their_own_names() -> None:
    """Keys with a place of their own fill it; `systemname` is shown as `system_name`."""
    data = data_of(_json({"z": "1", "srcip": "192.0.2.1", "user": "bob", "systemname": "s"}))
    assert {"srcip": "192.0.2.1", "dstuser": "bob", "system_name": "s", "z": "1"} == data
    assert "z" == list(data)[-1]


def test_arrays_stay_arrays_and_empty_values_go() -> None:
    """A whole JSON array is one; text that only begins like one is text."""
    data = data_of(_json({"list": [1, "b"], "text": "[1, 2", "empty": "", "id": ""}))
    assert {"id": "", "list": [1, "b"], "text": "[1, 2"} == data


def test_a_name_that_begins_with_a_values_name_is_left_out() -> None:
    """What is a value cannot be nested into."""
    assert {"a": "1"} == data_of(_json({"a": 1, "a.b": 2}))


def test_the_host_is_shown_for_the_classic_header_only() -> None:
    """Other headers show program and time."""
    subject = Subject("text")
    subject.program, subject.timestamp = "app", "t"
    shown = {"program_name": "app", "timestamp": "t"}
    assert shown | {"hostname": "h"} == predecoder_of(subject, "Nov 24 10:00:00 h app: text", "h")
    assert shown == predecoder_of(subject, "2026-11-24 10:00:00,123 h app: text", "h")
