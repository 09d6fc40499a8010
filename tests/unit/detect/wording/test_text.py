"""Alert texts in all forms; templates of strangers reach nothing."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.detect.kinds import KindSettings, Match
from tocsin.detect.wording import Jinja, Summary, Wording, body, title
from tocsin.detect.wording.templates import fill

ANY = KindSettings("any")


def match(**fields):
    return Match(1_700_000_000_000_000, {"@timestamp": "2023-11-14T22:13:20Z", **fields})


def test_the_default_tells_everything():
    """The name, then every field in order, lists and mappings as JSON."""
    told = body(Wording("R"), ANY, [match(user="ann", host={"name": "h1"}, tags=["a"])])
    assert told.startswith('R\n\n@timestamp: 2023-11-14T22:13:20Z\nhost: {\n    "name": "h1"\n}\ntags: [')
    assert told.endswith("user: ann\n")


def test_arguments_come_from_the_match_then_the_rule_then_nowhere():
    """With the word the rule has for what is missing."""
    wording = Wording(
        "R", {"priority": 2}, text="{0} {1} {2}", text_fields=("user", "priority", "none"), missing="-"
    )
    told = body(Wording(**{**_fields(wording), "form": "alert_text_only"}), ANY, [match(user="ann")])
    assert told == "ann 2 -\n\n"


def _fields(wording):
    return {name: getattr(wording, name) for name in Wording.__dataclass_fields__}


def test_a_template_that_does_not_fit_is_told_as_it_stands():
    """An alert must not be lost for its words."""
    wording = Wording("R", subject="{0} {1}", subject_fields=("user",))
    assert title(wording, [match(user="ann")]).startswith("{0} {1} (")


@pytest.mark.parametrize("template", ["{0.__class__}", "{0[a]}", "{0:>99999}"])
def test_braces_reach_into_nothing(template):
    """Nor do they fill the memory."""
    with pytest.raises(InvalidError):
        fill(template, ["x"])


@pytest.mark.parametrize(
    "template",
    ["{{ ''.__class__.__mro__ }}", "{{ user.__init__.__globals__ }}", "{% include '/etc/passwd' %}"],
)
def test_jinja_is_in_a_sandbox(template):
    """It reaches no object's insides and no file."""
    try:
        told = Jinja(template).render({"user": "ann"}, "_data")
    except InvalidError:
        return
    assert "class" not in told
    assert "root:" not in told


def test_jinja_sees_the_match_under_its_root_too():
    """What is missing is empty, also below it."""
    assert Jinja("{{user}}|{{_data['a.b']}}|{{x.y}}").render({"user": "ann", "a.b": 1}, "_data") == "ann|1|"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("ascii", "| ann  | 2     |"),
        ("markdown", "| ann | 2 |"),
        ("html", 'vertical-align: top">2</td>'),
    ],
)
def test_tables_count_matches_by_their_fields(style, expected):
    """The most frequent first when only some are shown; markup in values stays text."""
    wording = Wording("R", summary=Summary(("user",), style, max_rows=1), form="aggregation_summary_only")
    told = body(wording, ANY, [match(user="<b>"), match(user="ann"), match(user="ann")])
    assert expected in told
    assert "Showing top 1 rows" in told
    assert "<b>" not in told
