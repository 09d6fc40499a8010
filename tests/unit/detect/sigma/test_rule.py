"""Sigma rules on our events, asked about logs of their kind only."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tocsin.core.errors import ContentError
from tocsin.detect.loader import read_text
from tocsin.detect.rule import group_of, title_of

RULE = dedent(
    """\
    title: Web shell
    id: 5b6b4b3a-6b89-4a43-8a9e-7c1fd1f5d8b2
    status: test
    tags: [attack.persistence, attack.t1505.003]
    logsource:
      category: webserver
    detection:
      asked:
        cs-uri-query|contains: cmd=
      answered:
        sc-status: 200
      condition: asked and answered
    level: high
    tocsin:
      title: Web shell at {0}
      title_fields: [url.original]
      group_by: [source.ip]
    """
)


@pytest.fixture
def request_event(event):
    return event(
        1,
        http__request__method="GET",
        url__original="/x.php?CMD=id",
        http__response__status_code=200,
        source__ip="192.0.2.1",
    )


def test_a_rule_is_read_whole(request_event):
    """Identifier, severity, technique, title and group."""
    rule = read_text("shell.yml", RULE).rule
    assert ("5b6b4b3a-6b89-4a43-8a9e-7c1fd1f5d8b2", "Web shell", 3) == (rule.id, rule.name, rule.severity)
    assert rule.techniques == ("T1505.003",)
    assert rule.matches(request_event)
    assert title_of(rule, request_event) == "Web shell at /x.php?CMD=id"
    assert group_of(rule, request_event) == ("source.ip", "192.0.2.1")


def test_an_event_of_another_log_source_is_not_asked_about(request_event):
    """However well its fields would fit."""
    del request_event.fields["http.request.method"]
    assert not read_text("shell.yml", RULE).rule.matches(request_event)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("category: webserver", "category: toaster", 5, "log source \\*/toaster/\\*"),
        ("condition: asked and answered", "condition: asked and ansered", 7, "."),
        ("title_fields:", "title_feilds:", 14, "tocsin holds"),
        ("group_by: [source.ip]", "group_by: source.ip", 14, "is a list"),
    ],
)
def test_what_cannot_be_kept_to_its_meaning_is_refused(old, new, line, reason):
    """With file and line."""
    with pytest.raises(ContentError, match=reason) as caught:
        read_text("shell.yml", RULE.replace(old, new))
    assert str(caught.value.location) == f"shell.yml:{line}"


def test_a_deprecated_rule_is_off_until_switched_on():
    """Its makers advise against it."""
    assert not read_text("shell.yml", RULE.replace("status: test", "status: deprecated")).rule.enabled


@pytest.mark.parametrize("empty", ["''", "'-'"])
def test_an_empty_value_also_means_absence_where_the_decoder_leaves_it_out(event, empty):
    """A raw event has the value, a decoded one lacks the field; another shipper's lacks it for good."""
    text = "title: t\nlogsource: {product: windows, service: security}\n"
    rule = read_text("r.yml", text + f"detection: {{s: {{IpAddress: {empty}}}, condition: s}}\n").rule
    raw = event(1, Channel="Security", IpAddress=empty.strip("'"))
    decoded = event(2, data__win__system__channel="Security", data__win__system__eventID="4624")
    shipped = event(3, winlog__channel="Security")
    assert [True, True, False] == [rule.matches(each) for each in (raw, decoded, shipped)]
