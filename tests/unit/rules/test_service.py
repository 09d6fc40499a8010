"""The rules in force: loading that refuses what is bad and nothing else, reloading, switches, figures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.accounts import Audit
from tocsin.accounts.audit import AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import SECOND, SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import ContentError, InvalidError, NotFoundError
from tocsin.core.record import Record
from tocsin.rules import Correlation
from tocsin.rules.factory import ContentChangedError, RulesetFactory, stamp_of
from tocsin.rules.service import AnalysisRules, Content
from tocsin.rules.statistics import RuleStatistics, kept_figures, measured
from tocsin.rules.switchbook import SwitchBook

_GOOD = """<group name="good,">
<rule id="100" level="3"><match>hello</match><description>Good.</description></rule>
<rule id="101" level="9" frequency="3" timeframe="60"><if_matched_sid>100</if_matched_sid>
<description>Often.</description></rule></group>"""
_ADMIN = Actor("user", "ann")

Make = Callable[[], AnalysisRules]


Memory = Correlation


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content = tmp_path / "content"
    for part in ("rules", "decoders", "lists"):
        (content / part).mkdir(parents=True)
    (content / "rules" / "0100-good.xml").write_text(_GOOD)
    return content


@pytest.fixture
def make(tmp_path: Path, folder: Path, db: Database) -> Make:
    def made() -> AnalysisRules:
        clock = SystemClock()
        statistics = RuleStatistics(tmp_path / "figures.json", clock, alert_level=7)
        statistics.restore()
        content = Content(lambda: [folder], SwitchBook(tmp_path / "switches.json"))
        return AnalysisRules(content, statistics, db, clock, Audit(clock), memory=Memory)

    return made


def _verdict(rules: AnalysisRules, line: str, seq: int, at: int = SECOND) -> object:
    record = Record("test", seq, line.encode("latin-1"), at)
    (event,) = rules.settle(rules.edition.ruleset.classify([record]))
    return event.fields.get("rule.id")


def _rule(inner: str, attributes: str = 'id="500" level="5"', description: str = "d") -> str:
    rule = f"<rule {attributes}>{inner}<description>{description}</description></rule>"
    return f'<group name="g,">\n{rule}</group>'


_BAD_RULES = {
    "an unknown tag": _rule("<macth>x</macth>"),
    "an unknown attribute": _rule("", 'id="500" level="5" livel="3"'),
    "an unknown option": _rule("<options>no_such</options>"),
    "an unknown decoder": _rule("<decoded_as>nobody</decoded_as>"),
    "a malformed OS_Regex": _rule(r"<regex>(a(b))</regex>"),
    "a malformed PCRE2": _rule('<regex type="pcre2">(</regex>'),
    "a malformed address": _rule("<srcip>300.1.2.3</srcip>"),
    "no description": '<group name="g,">\n<rule id="500" level="5"><match>x</match></rule></group>',
    "a frequency without events": _rule("<match>x</match>", 'id="500" level="5" frequency="4"'),
    "equal values without events": _rule("<match>x</match><same_source_ip />"),
    "a field with a static name": _rule('<field name="srcip">x</field>'),
    "a level too high": _rule("<match>x</match>", 'id="500" level="17"'),
    "an id that is none": _rule("<match>x</match>", 'id="5x" level="1"'),
    "a list that is not there": _rule('<list field="srcip">etc/lists/none</list>'),
    "a parent that is no id": _rule("<if_sid>12a</if_sid>"),
    "a parent that is missing": _rule("<if_sid>499</if_sid>"),
    "a group that nobody has": _rule("<if_group>nobody</if_group>"),
    "a level that is none": _rule("<if_level>x</if_level>"),
    "a counted rule that is no id": _rule("<if_matched_sid>x</if_matched_sid>"),
    "an unknown category": _rule("<category>none</category>"),
    "hours that are none": _rule("<time>noon</time>"),
    "a day that is none": _rule("<weekday>someday</weekday>"),
    "an unknown function": _rule("<compiled_rule>none</compiled_rule>"),
    "an unknown variable": '<var name="A">1</var>\n' + _rule("<match>$B</match>"),
    "another root": "<rules>\n</rules>",
    "an element that is not closed": '<group name="g,">\n<rule id="500"',
    "text outside": "text\n<group></group>",
    "a repeated attribute": '<group name="g,">\n<rule id="500" id="501" level="5"></rule></group>',
}
_BAD_DECODERS = {
    "an unknown tag": '<decoder name="x">\n<prematsch>a</prematsch></decoder>',
    "no condition": '<decoder name="x">\n</decoder>',
    "a pattern without names": '<decoder name="x"><prematch>a</prematch>\n<regex>(a)</regex></decoder>',
    "a malformed pattern": '<decoder name="x">\n<prematch type="pcre2">(</prematch></decoder>',
    "a parent that is missing": '<decoder name="x"><parent>none</parent>\n<prematch>a</prematch></decoder>',
    "an unknown plugin": '<decoder name="x"><prematch>a</prematch>'
    "\n<plugin_decoder>None_Decoder</plugin_decoder></decoder>",
    "an element that is not closed": '<decoder name="x">',
}


@pytest.mark.parametrize(
    ("part", "text"),
    [
        *(pytest.param("rules", text, id=f"rule: {name}") for name, text in _BAD_RULES.items()),
        *(pytest.param("decoders", text, id=f"decoder: {name}") for name, text in _BAD_DECODERS.items()),
    ],
)
def test_what_is_bad_is_refused_and_the_rest_is_in_force(
    make: Make, folder: Path, part: str, text: str
) -> None:
    """File, line and reason are told, the rule by its id; a running platform that reloads it goes on."""
    rules = make()
    file = folder / part / "0500-bad.xml"
    file.write_text(text)
    report = rules.reload()
    assert report.problems > 0
    assert report.is_worse
    problem = rules.problems[0]
    assert str(file) == problem.location.path
    assert problem.location.line in range(1, text.count("\n") + 2)
    assert problem.reason
    assert 'id="500"' not in text or problem.subject in ("500", "")
    assert "100" == _verdict(rules, "hello", 1)


def test_files_that_cannot_be_read_are_refused(make: Make, folder: Path) -> None:
    """Bytes that are no text, and a folder by the name of a file."""
    (folder / "rules" / "0500-bytes.xml").write_bytes(bytes(range(256)) * 10)
    (folder / "rules" / "0501-folder.xml").mkdir()
    rules = make()
    assert ["0500-bytes.xml"] == [Path(problem.location.path).name for problem in rules.problems]
    assert "100" == _verdict(rules, "hello", 1)


def test_a_reload_keeps_what_was_counted(make: Make, folder: Path) -> None:
    """Two events before and one after make three; what changed is told and stands in the trail."""
    rules = make()
    assert ["100", "100"] == [_verdict(rules, "hello", seq) for seq in (1, 2)]
    (folder / "rules" / "0100-good.xml").write_text(_GOOD.replace("Often.", "Very often."))
    report = rules.reload(_ADMIN)
    assert ((), ("101",), ()) == (report.added, report.changed, report.removed)
    assert "101" == _verdict(rules, "hello", 3)


def test_a_reload_keeps_what_was_seen_and_what_is_ignored(make: Make, folder: Path) -> None:
    """What was seen a first time stays seen, and a rule that is silent for a while stays silent."""
    (folder / "decoders" / "d.xml").write_text(
        '<decoder name="login"><prematch>^login of </prematch></decoder><decoder name="login-user">'
        r"<parent>login</parent><prematch>^login of </prematch><regex>^login of (\S+)</regex>"
        "<order>user</order><fts>name, user</fts></decoder>"
    )
    (folder / "rules" / "0200-more.xml").write_text(
        '<group name="m,"><rule id="200" level="3"><decoded_as>login</decoded_as>'
        "<description>L.</description></rule>"
        '<rule id="201" level="6"><if_sid>200</if_sid><if_fts /><description>First.</description></rule>'
        '<rule id="202" level="4"><match>^noise</match><description>Noise.</description></rule>'
        '<rule id="203" level="8" ignore="600"><if_sid>202</if_sid><match>loud</match>'
        "<description>Loud.</description></rule></group>"
    )
    rules = make()
    assert rules.problems == ()
    assert ["201", "203"] == [_verdict(rules, "login of bob", 1), _verdict(rules, "noise loud", 2)]
    (folder / "rules" / "0300-other.xml").write_text(_rule("<match>other</match>"))
    assert ("500",) == rules.reload().added
    assert ["200", "202"] == [_verdict(rules, "login of bob", 3), _verdict(rules, "noise loud", 4)]
    assert "201" == _verdict(rules, "login of eve", 5)


def test_a_reload_leaves_an_entry_in_the_trail(make: Make, db: Database) -> None:
    """Who asked, and what came of it."""
    make().reload(_ADMIN)
    with db.read() as tx:
        (entry,) = Audit(SystemClock()).entries(tx, AuditFilter(kind="ruleset"), 10)
    assert ("ann", "reload", [2, 2]) == (entry.actor, entry.action, entry.details["rules"])


def test_carriers_change_the_rules_at_their_moment(make: Make, folder: Path) -> None:
    """Nothing is in force before the one who carries records says so."""
    rules = make()
    seen: list[int] = []

    class Carrier:
        def use(self, factory: RulesetFactory, take_over: Callable[[], None]) -> None:
            seen.append(len(rules.edition.ruleset.rules))
            take_over()
            seen.append(len(factory().rules))

    rules.attach(Carrier())
    (folder / "rules" / "0200-more.xml").write_text(_rule("<match>more</match>"))
    rules.reload()
    assert [2, 3] == seen


def test_content_that_has_come_to_rest_is_taken_up(make: Make, folder: Path) -> None:
    """The watch reloads without being asked; being asked from a signal handler works as well."""
    rules = make()
    stop = threading.Event()
    thread = threading.Thread(target=rules.run, args=(stop, 0.01))
    thread.start()
    try:
        (folder / "rules" / "0200-more.xml").write_text(_rule("<match>more</match>"))

        def is_taken_up() -> bool:
            rules.wake()
            return 500 in rules.edition.ruleset.tree.rules

        until(is_taken_up)
        before = rules.edition
        rules.ask()
        until(lambda: rules.edition is not before)
    finally:
        stop.set()
        rules.wake()
        thread.join(PATIENCE_S)


def test_switches_outlive_the_process(make: Make) -> None:
    """Off is off in the next one too; a rule that is not there cannot be switched."""
    rules = make()
    rules.turn("rule", "100", enabled=False, actor=_ADMIN)
    assert "100" == _verdict(rules, "hello", 1)  # in force with the next reload
    again = make()
    assert _verdict(again, "hello", 2) is None
    assert not again.catalogue().show("100").rule.enabled
    again.turn("rule", "100", enabled=True, actor=_ADMIN)
    again.reload()
    assert "100" == _verdict(again, "hello", 3)
    with pytest.raises(NotFoundError):
        rules.turn("rule", "999", enabled=False, actor=_ADMIN)
    with pytest.raises(InvalidError):
        rules.turn("file", "a\nb", enabled=False, actor=_ADMIN)


def test_hits_are_counted_and_kept(make: Make, tmp_path: Path) -> None:
    """Hits, alerts of the level that opens one, and the newest hit; across a restart."""
    rules = make()
    for seq in (1, 2, 3, 4):
        _verdict(rules, "hello", seq, seq * SECOND)
    rules.close()
    kept = kept_figures(tmp_path / "figures.json")
    assert {100: (3, 0, 4 * SECOND), 101: (1, 1, 3 * SECOND)} == {
        number: (f.hits, f.alerts, f.last_hit_at) for number, f in kept.items()
    }
    again = make()
    _verdict(again, "hello", 9, SECOND)
    assert (4, 4 * SECOND) == (
        again.statistics.figures()[100].hits,
        again.statistics.figures()[100].last_hit_at,
    )


def test_damaged_files_do_not_keep_a_platform_from_starting(make: Make, tmp_path: Path) -> None:
    """Switches that cannot be read are a problem at the start, and hold a reload up; figures begin anew."""
    for name in ("switches.json", "figures.json"):
        (tmp_path / name).write_text("{")
    rules = make()
    (problem,) = rules.problems
    assert str(tmp_path / "switches.json") == problem.location.path
    assert "100" == _verdict(rules, "hello", 1)
    with pytest.raises(ContentError):
        rules.reload()
    (tmp_path / "switches.json").unlink()
    rules.reload()
    assert rules.problems == ()
    assert (tmp_path / "figures.damaged").exists()


def test_cost_is_measured_on_one_record_at_a_time(make: Make) -> None:
    """The rules a plain walk tries are timed with the clock handed in."""
    rules = make()
    subject, _ = rules.edition.ruleset.examine(Record("s", 1, b"hello", SECOND))
    ticks = iter(range(0, 1_000, 7))
    costs = measured(rules.edition.ruleset.tree.roots["syslog"], subject, lambda: next(ticks))
    assert [(100, 7), (101, 7)] == costs
    records = [Record("s", 1, b"hello", SECOND)]
    rules.offer(records)
    rules.offer(records)  # a second within the same second is not taken
    rules.statistics.measure(rules.edition.ruleset)
    rules.statistics.measure(rules.edition.ruleset)
    assert 1 == rules.statistics.figures()[100].tries


def test_a_worker_refuses_other_files_than_the_platform_has(folder: Path) -> None:
    """Two processes never judge by different rules."""
    factory = RulesetFactory((folder,))
    factory()
    worker = RulesetFactory((folder,))
    worker.__setstate__(factory.__getstate__())
    assert 2 == len(worker().rules)
    (folder / "rules" / "0200-more.xml").write_text(_rule("<match>more</match>"))
    assert stamp_of([folder]) != factory.stamp
    late = RulesetFactory((folder,))
    late.__setstate__(factory.__getstate__())
    with pytest.raises(ContentChangedError):
        late()
