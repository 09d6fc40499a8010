"""A Windows event given as JSON: an agent's, with the XML inside, or what `evtx_dump` makes of a file.

Sources: Wazuh 4's agent (`{"Message": "..", "Event": "<Event ..>"}`); the JSON of the `evtx` library, where
attributes stand under `#attributes` or beside their element as `NAME_attributes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from tocsin.decode.jsondoc import parse_object

MAX_ELEMENTS = 10_000


def is_winevent(document: Mapping[str, Any]) -> bool:
    """Whether JSON of no stated kind is a Windows event in one of these forms."""
    event = document.get("Event")
    return "System" in event if isinstance(event, dict) else str(event).lstrip()[:7] in ("<Event>", "<Event ")


def open_json(raw: bytes) -> tuple[bytes | Element, str]:
    """Return the event's XML or its element tree, and the rendered message if there is one.

    Raises `ValueError` for JSON of another form.
    """
    document = parse_object(raw)
    event, message = document.get("Event"), document.get("Message")
    if isinstance(event, str):
        return event.encode("utf-8", "replace"), message.strip() if isinstance(message, str) else ""
    if isinstance(event, dict):
        return _Builder().element("Event", event, {}), ""
    raise ValueError("not a Windows event: JSON without an `Event`")


class _Builder:
    """Makes elements of JSON; refuses more of them than an event can have."""

    def __init__(self) -> None:
        self._made = 0

    def element(self, name: str, value: Any, attributes: Mapping[str, Any]) -> Element:
        self._made += 1
        if self._made > MAX_ELEMENTS:
            raise ValueError(f"the event has more than {MAX_ELEMENTS} elements")
        element = Element(name, _texts(attributes))
        if isinstance(value, dict):
            element.attrib.update(_texts(value.get("#attributes")))
            element.text = _text(value.get("#text"))
            self._fill(element, value)
        else:
            element.text = _text(value)
        return element

    def _fill(self, element: Element, value: Mapping[str, Any]) -> None:
        for name, inner in value.items():
            if name.startswith("#") or name.endswith("_attributes"):
                continue
            attributes = value.get(f"{name}_attributes") or {}
            if element.tag == "EventData" and name != "Data":
                name, attributes = "Data", {"Name": name}  # noqa: PLW2901  # the library drops the element's name
            for one in _several(inner):
                element.append(self.element(name, one, attributes))


def _several(inner: Any) -> list[Any]:
    """Return the values of elements of one name; nameless data come as a list of texts within one."""
    if isinstance(inner, dict) and isinstance(inner.get("#text"), list):
        return list(inner["#text"])
    return inner if isinstance(inner, list) else [inner]


def _texts(attributes: Any) -> dict[str, str]:
    if not isinstance(attributes, dict):
        return {}
    return {name: _text(value) for name, value in attributes.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)
