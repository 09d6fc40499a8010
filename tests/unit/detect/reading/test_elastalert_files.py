"""Rules in trees of files: imports, lists, alerters; what would run code or leave the folder is refused."""

from __future__ import annotations

import pytest

from tocsin.core.errors import ContentError
from tocsin.detect.loader import read_file, read_text

HEAD = "name: R\nindex: x\ntype: any\nalert: debug\n"


def test_imports_are_put_under_the_rule(tmp_path):
    """Filters come together, options of the rule win, and files import files."""
    (tmp_path / "linux").mkdir()
    (tmp_path / "common.yml").write_text(
        "import: base.yml\nrealert: {minutes: 7}\nfilter: [{term: {a: 1}}]\n"
    )
    (tmp_path / "base.yml").write_text("realert: {minutes: 9}\npriority: 4\nfilter: [{term: {b: 2}}]\n")
    path = tmp_path / "linux" / "r.yml"
    path.write_text(HEAD + "import: ../common.yml\nfilter: [{term: {c: 3}}]\n")
    rule = read_file(path).rule
    assert (7 * 60_000_000, 4, 3) == (rule.realert, rule.severity, len(rule.node.args))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../up.yml", "beside it"),
        ("none.yml", "cannot be read"),
        ("x.txt", "beside it"),
        ("r.yml", "itself"),
    ],
)
def test_an_import_from_elsewhere_is_refused(tmp_path, name, reason):
    """Also one that imports itself."""
    path = tmp_path / "rules" / "linux" / "r.yml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + f"import: {name}\n")
    with pytest.raises(ContentError, match=reason):
        read_file(path)


@pytest.mark.parametrize("text", ["import: pyproject.toml\n", "import: a.yml\n"])
def test_a_text_that_is_no_file_imports_nothing(text):
    """Or somebody trying a rule out could read the files of the server."""
    with pytest.raises(ContentError, match="read from a file"):
        read_text("rule", HEAD + text)


def test_lists_are_read_from_files(tmp_path):
    """Beside values; not from above the rule's folder."""
    (tmp_path / "bad.txt").write_text("eve\n\nmallory\n")
    path = tmp_path / "r.yml"
    path.write_text(
        HEAD.replace("any", "blacklist") + "compare_key: user.name\nblacklist: [ann, '!file bad.txt']\n"
    )
    watch = read_file(path).rule.watch
    assert watch.kind.values == {"ann", "eve", "mallory"}
    path.write_text(path.read_text().replace("bad.txt", "../bad.txt"))
    with pytest.raises(ContentError, match="outside the rule's folder"):
        read_file(path)


def test_alerters_are_recorded_without_their_secrets():
    """With a remark on what is not told; hivealerter is what an alert here is."""
    text = HEAD.replace("alert: debug", "alert: [slack, hivealerter, slak, {email: {email: a@b.example}}]")
    read = read_text("r.yml", text + "slack_webhook_url: https://x\nslack_username_override: bot\n")
    slack, hive, unknown, mail = read.rule.watch.notify
    assert {"slack_webhook_url": "(set)", "slack_username_override": "bot"} == slack.options
    assert ("alert", "record", "message") == (hive.means, unknown.means, mail.means)
    reasons = [remark.reason for remark in read.remarks]
    assert any("slack, email is told when" in reason for reason in reasons)
    assert any("did you mean 'slack'" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("metric_agg_script: {a: b}\n", "Painless"),
        ("jinja_template_path: /etc/passwd\n", "another file"),
        ("match_enhancements: [my.Drop]\n", "do not load code"),
        ("limit_execution: whenever\n", "no cron schedule"),
        ("realert: {days: 4000}\n", "longer than"),
        ("use_count_query: true\n", "events themselves"),
        ("alert_text: '{% for'\nalert_text_type: alert_text_jinja\n", "Jinja"),
        ("tocsin: {mode: sometimes}\n", "exact or compat"),
    ],
)
def test_what_cannot_be_done_is_refused_at_load(more, reason):
    """With the reason."""
    with pytest.raises(ContentError, match=reason):
        read_text("r.yml", HEAD + more)


def test_the_modes_differences_are_told():
    """Counting at polls loses what is late."""
    text = (
        HEAD.replace("any", "frequency") + "num_events: 2\ntimeframe: {minutes: 1}\nuse_count_query: true\n"
    )
    notes = read_text("r.yml", text).rule.watch.notes
    assert any("numbers only" in note for note in notes)


def test_a_rule_shows_no_secret_when_it_is_printed():
    """Neither in a log nor in a traceback, whichever part of it is shown."""
    text = "name: R\ntype: any\nalert: slack\nslack_webhook_url: https://hooks.example/T0/s3cr3t\n"
    rule = read_text("r.yml", text).rule
    assert "s3cr3t" in rule.watch.notify[0].settings["slack_webhook_url"]
    assert "s3cr3t" not in repr(rule)


def test_a_query_beside_the_filter_is_said_to_be_lost():
    """ElastAlert ignores it too, and the rule is about every event."""
    [remark] = read_text("r.yml", HEAD + "query_string: 'a:b'\n").remarks
    assert "stands in the list under filter" in remark.reason


def test_services_that_cannot_be_told_say_why_each():
    """And what to do instead; one named twice is told of once."""
    text = "name: R\ntype: any\nalert: [zabbix, gitter, email, email]\nemail: a@example.org\n"
    reasons = [remark.reason for remark in read_text("r.yml", text).remarks]
    assert sum("email is told" in reason for reason in reasons) == 1
    assert any("zabbix is recorded" in reason and "own protocol" in reason for reason in reasons)
    assert any("gitter is recorded" in reason and "has ended" in reason for reason in reasons)
