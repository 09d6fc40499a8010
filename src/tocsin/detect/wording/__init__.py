"""How alerts of rules are worded: title, body, sentences of the kinds, tables, templates."""

from __future__ import annotations

from tocsin.detect.wording.sentences import sentence
from tocsin.detect.wording.summary import Summary
from tocsin.detect.wording.templates import Jinja
from tocsin.detect.wording.text import TOP_EVENTS, Wording, body, title

__all__ = ["TOP_EVENTS", "Jinja", "Summary", "Wording", "body", "sentence", "title"]
