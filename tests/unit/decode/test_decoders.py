"""Decoders: reading their files, linking them, running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.decode.decoders import Decoders, load_decoders
from tocsin.decode.predecode import predecode
from tocsin.decode.subject import Subject


def _load(tmp_path: Path, content: str) -> tuple[Decoders, list[str]]:
    path = tmp_path / "d.xml"
    path.write_text(content, "latin-1")
    decoders, problems = load_decoders([path])
    return decoders, [f"{problem.location.line}: {problem.reason}" for problem in problems]


def _run(decoders: Decoders, line: str) -> Subject:
    subject = Subject(line)
    predecode(subject)
    decoders.run(subject)
    return subject


SSHD = r"""<decoder name="sshd"><program_name>^sshd</program_name></decoder>
<decoder name="sshd-ok"><parent>sshd</parent><prematch>^Accepted </prematch>
  <regex offset="after_prematch">^\S+ for (\S+) from (\S+) port (\d+)</regex>
  <order>user, srcip, srcport</order></decoder>
<decoder name="own"><parent>sshd</parent><use_own_name>true</use_own_name><type>windows</type>
  <prematch>^Own </prematch><regex offset="after_parent">(\S+)$</regex><order>what</order></decoder>"""


def test_a_child_reads_its_fields_and_bears_its_parents_name(tmp_path: Path) -> None:
    """The selected child is named after its root; static fields are there for rules and event."""
    decoders, problems = _load(tmp_path, SSHD)
    subject = _run(
        decoders, "Nov 24 10:00:01 h sshd[1]: Accepted publickey for bob from 192.0.2.1 port 22 ssh2"
    )
    assert [] == problems
    assert ("sshd", "sshd", "syslog") == (subject.decoder, subject.parent, subject.category)
    assert {"dstuser": "bob", "srcip": "192.0.2.1", "srcport": "22"} == subject.values
    assert 22 == subject.fields["source.port"]


def test_own_name_and_type(tmp_path: Path) -> None:
    """`use_own_name` keeps the child's name; type is not inherited but the selected decoder's own."""
    decoders, _ = _load(tmp_path, SSHD)
    subject = _run(decoders, "Nov 24 10:00:01 h sshd[1]: Own Thing")
    assert ("own", "windows", "Thing") == (subject.decoder, subject.category, subject.values["what"])


def test_a_root_alone_is_enough(tmp_path: Path) -> None:
    """When no child fits, the root names the event and there is no parent."""
    decoders, _ = _load(tmp_path, SSHD)
    subject = _run(decoders, "Nov 24 10:00:01 h sshd[1]: other")
    assert ("sshd", "", {}) == (subject.decoder, subject.parent, subject.values)


def test_programs_choose_the_list(tmp_path: Path) -> None:
    """With a program name only roots that want one are tried, without one only the others."""
    decoders, _ = _load(tmp_path, '<decoder name="x"><prematch>^hello</prematch></decoder>' + SSHD)
    assert "x" == _run(decoders, "hello").decoder
    assert "" == _run(decoders, "Nov 24 10:00:01 h cron[1]: hello").decoder


CHAIN = r"""<decoder name="fw"><prematch>^fw: </prematch></decoder>
<decoder name="f"><parent>fw</parent><regex>src=(\S+) </regex><order>srcip</order></decoder>
<decoder name="f"><parent>fw</parent><regex>missing=(\S+)</regex><order>nothing</order></decoder>
<decoder name="f"><parent>fw</parent>
  <regex offset="after_regex">dst=(\S+)</regex><order>dstip</order></decoder>
<decoder name="g"><parent>fw</parent><regex>src=(\S+)</regex><order>late</order></decoder>"""


def test_a_chain_of_one_name_reads_piece_by_piece(tmp_path: Path) -> None:
    """Decoders of one name run one after the other and tolerate failures; the next name does not run."""
    decoders, _ = _load(tmp_path, CHAIN)
    subject = _run(decoders, "fw: src=192.0.2.1 dst=192.0.2.2 end")
    assert {"srcip": "192.0.2.1", "dstip": "192.0.2.2"} == subject.values
    assert ("fw", "") == (subject.decoder, subject.parent)


def test_after_regex_starts_behind_the_last_match(tmp_path: Path) -> None:
    """What stands before the last match is not looked at again."""
    decoders, _ = _load(tmp_path, CHAIN)
    assert "dstip" not in _run(decoders, "fw: dst=192.0.2.2 src=192.0.2.1 end").values


def test_json_plugin(tmp_path: Path) -> None:
    """The plugin reads an object; malformed JSON leaves no fields but the decoder."""
    decoders, _ = _load(
        tmp_path,
        r'<decoder name="json"><prematch>^{\s*"</prematch></decoder>'
        '<decoder name="json"><parent>json</parent><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>',
    )
    assert {"a.b": "1"} == _run(decoders, '{"a": {"b": 1}} x').values
    broken = _run(decoders, '{"a": ')
    assert ("json", {}) == (broken.decoder, broken.values)


def test_dynamic_fields_keep_the_first_value_static_ones_the_last(tmp_path: Path) -> None:
    """More captures than names are dropped."""
    decoders, _ = _load(
        tmp_path,
        r'<decoder name="d"><prematch>^d </prematch><regex>(\d) (\d) (\d) (\d) (\d)</regex>'
        "<order>x, X, id, id</order></decoder>",
    )
    assert {"x": "1", "id": "4"} == _run(decoders, "d 1 2 3 4 5").values


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<decoder name="a"><nope/></decoder>', "1: unknown tag <nope>"),
        ('<decoder name="a"/>', "1: a decoder without parent needs <prematch> or <program_name>"),
        ("<decoder><prematch>x</prematch></decoder>", "1: <decoder> is no decoder with a name"),
        (
            '\n<decoder name="a"><prematch>x</prematch>\n<regex>(a</regex><order>id</order></decoder>',
            "3: <regex> '(a': a group is not closed",
        ),
        (
            '<decoder name="a"><prematch>x</prematch><regex>(a)</regex></decoder>',
            "1: <regex> and <order> require each other",
        ),
        ('<decoder name="a"><parent>no</parent></decoder>', "1: no decoder without parent is named 'no'"),
        (
            '<decoder name="a"><prematch offset="after_regex">x</prematch></decoder>',
            "1: offset 'after_regex' is not possible on <prematch>",
        ),
        ('<decoder name="a"><prematch>x</prematch><type>odd</type></decoder>', "1: unknown type 'odd'"),
        (
            '<decoder name="a"><prematch>x</prematch><plugin_decoder>Odd</plugin_decoder></decoder>',
            "1: unknown plugin 'odd'",
        ),
        (
            '<decoder name="a"><prematch type="osmatch">x</prematch></decoder>',
            "1: <prematch> 'x': 'osmatch' is",
        ),
    ],
)
def test_bad_decoders_are_refused_by_line_and_the_rest_works(
    tmp_path: Path, content: str, problem: str
) -> None:
    """One problem names line and reason; the other decoders of the file are in force."""
    decoders, problems = _load(
        tmp_path, content + '\n<decoder name="good"><prematch>^ok</prematch></decoder>'
    )
    assert 1 == len(problems)
    assert problems[0].startswith(problem)
    assert "good" == _run(decoders, "ok").decoder


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    """A file that is no markup is one problem."""
    (tmp_path / "bad.xml").write_text("<decoder")
    (tmp_path / "good.xml").write_text('<decoder name="g"><prematch>^g</prematch></decoder>')
    decoders, problems = load_decoders([tmp_path / "bad.xml", tmp_path / "good.xml", tmp_path / "gone.xml"])
    assert ["bad.xml", "gone.xml"] == [Path(problem.location.path).name for problem in problems]
    assert "g" == _run(decoders, "g").decoder


X = "<prematch>x</prematch>"
LONG = "x" * 600


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        (f"{X}<regex>(a)</regex><order>{','.join(f'f{n}' for n in range(257))}</order>", "more than 256"),
        (f"<prematch>{LONG}</prematch><prematch>{LONG}</prematch>", "longer than 1024 bytes"),
        (f"<program_name>{LONG * 2}</program_name>", "longer than 1024 bytes"),
        (f'{X}<prematch offset="after_parent">y</prematch>', "only the first <prematch> may have an offset"),
        (f'{X}<regex offset="odd">(a)</regex><order>id</order>', "offset 'odd' is not possible on <regex>"),
        (f"{X}<fts>id</fts>", "<fts> requires <regex>"),
        (f"{X}<regex>(a)</regex><order>id</order><fts>colour</fts>", "<fts> names 'colour'"),
        (f"{X}<order>id</order>", "<regex> and <order> require each other"),
        (f'{X}<regex kind="osregex">(a)</regex><order>id</order>', "unknown attribute 'kind' of <regex>"),
        (f"{X}<plugin_decoder>JSON_Decoder</plugin_decoder><json_null_field>odd</json_null_field>", "one of"),
        (
            f"{X}<plugin_decoder>JSON_Decoder</plugin_decoder><json_array_structure>x</json_array_structure>",
            "<json_array_structure> is one of array, csv",
        ),
        (
            '<parent>p</parent><regex offset="after_prematch">(a)</regex><order>id</order>',
            "offset after_prematch needs a <prematch>",
        ),
        (
            '<parent>p</parent><regex offset="after_regex">(a)</regex><order>id</order>',
            "offset after_regex needs an earlier sibling",
        ),
        (f"<parent>p</parent>{X}", "no decoder without parent is named 'p'"),
    ],
)
def test_each_rule_about_decoders_is_kept(tmp_path: Path, inner: str, problem: str) -> None:
    """What upstream's loader refuses is refused by name and reason, one by one."""
    parent = '<decoder name="p"><prematch>^p</prematch></decoder>' if "is named" not in problem else ""
    _, problems = _load(tmp_path, f'{parent}<decoder name="a">{inner}</decoder>')
    assert 1 == len(problems)
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("<prematch>x</prematch><regex>(b)</regex><order>id</order>", "cannot have <prematch> or <fts>"),
        ("<regex>(b)</regex><order>id</order><fts>id</fts>", "cannot have <prematch> or <fts>"),
        ("", "needs <regex> or a plugin"),
    ],
)
def test_a_further_sibling_of_the_name_only_reads(tmp_path: Path, inner: str, problem: str) -> None:
    """Of siblings with one name only the first chooses; the others read on."""
    first = "<parent>p</parent><prematch>y</prematch><regex>(a)</regex><order>id</order>"
    _, problems = _load(
        tmp_path,
        f'<decoder name="p"><prematch>^p</prematch></decoder><decoder name="c">{first}</decoder>'
        f'<decoder name="c"><parent>p</parent>{inner}</decoder>',
    )
    assert 1 == len(problems)
    assert problem in problems[0]


def test_an_ignored_status_is_no_problem(tmp_path: Path) -> None:
    """`status` means nothing, any other attribute is refused; `use_own_name` knows only `true`."""
    decoders, problems = _load(
        tmp_path,
        '<decoder name="p" status="x"><prematch>^p</prematch></decoder>'
        '<decoder name="c"><parent>p</parent><prematch>c</prematch><use_own_name>yes</use_own_name></decoder>'
        '<decoder name="q" colour="x"><prematch>^q</prematch></decoder>',
    )
    assert ["1: unknown attribute 'colour'"] == problems
    assert "p" == _run(decoders, "pc").decoder


def test_accumulate_counts_on_the_selected_decoder(tmp_path: Path) -> None:
    """A root's `accumulate` is not inherited by its children."""
    decoders, _ = _load(
        tmp_path,
        '<decoder name="p"><prematch>^p</prematch><accumulate/></decoder>'
        '<decoder name="c"><parent>p</parent><prematch>c</prematch></decoder>',
    )
    assert _run(decoders, "p").accumulate
    assert not _run(decoders, "pc").accumulate


def test_names_are_kept_as_written_on_request(tmp_path: Path) -> None:
    """A subject that asks for it knows how decoders and documents write the names of its values."""
    decoders, _ = _load(
        tmp_path,
        r'<decoder name="d"><prematch>^d </prematch><regex>(\d) (\d)</regex><order>user, Some.Name</order>'
        '</decoder><decoder name="j"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder>'
        "</decoder>",
    )
    found = []
    for line in ("d 1 2", '{"id": 1, "aB": {"cD": 2}}'):
        subject = Subject(line)
        subject.written = {}
        decoders.run(subject)
        found.append(subject.written)
    assert [{"dstuser": "dstuser", "some.name": "Some.Name"}, {"id": "id", "ab.cd": "aB.cD"}] == found
