"""Bringing a Wazuh folder into the content store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.rules import load
from tocsin.rules.importing import Imported, Order, import_wazuh
from tocsin.rules.options import RulesetOptions
from tocsin.rules.store import ContentStore

_DECODER = '<decoder name="{0}"><program_name>^{0}$</program_name></decoder>'
_RULE = """<group name="demo,"><rule id="{0}" level="5">
<match>{1}</match><description>{1}.</description></rule></group>"""
_CONF = """<ossec_config>
  <global><email_from>a@b</email_from>
</ossec_config>
<ossec_config>
  <!-- <ruleset><rule_dir>ruleset/other</rule_dir></ruleset> -->
  <ruleset>
    <decoder_dir>ruleset/decoders</decoder_dir>
    <rule_dir>ruleset/rules</rule_dir>
    <rule_exclude>0215-policy_rules.xml</rule_exclude>
    <list>etc/lists/audit-keys</list>
    <list>etc/lists/ioc/bad</list>
  </ruleset>
</ossec_config>
<ossec_config><ruleset>
    <decoder_dir>/var/ossec/etc/decoders</decoder_dir>
    <rule_dir pattern="_rules.xml$">etc/rules</rule_dir>
    <rule_dir>../../elsewhere</rule_dir>
</ruleset></ossec_config>
"""


@pytest.fixture
def manager(tmp_path: Path) -> Path:
    """A manager's folder as `/var/ossec` is laid out, with settings that are no XML."""
    home = tmp_path / "ossec"
    files = {
        "VERSION": "v4.14.7\n",
        "etc/ossec.conf": _CONF,
        "ruleset/decoders/0010-demo_decoders.xml": _DECODER.format("demo"),
        "ruleset/rules/0010-demo_rules.xml": _RULE.format(100, "alpha"),
        "ruleset/rules/0215-policy_rules.xml": _RULE.format(215, "policy"),
        "etc/decoders/local_decoder.xml": _DECODER.format("local"),
        "etc/rules/local_rules.xml": _RULE.format(100100, "beta"),
        "etc/rules/notes.xml": _RULE.format(100200, "gamma"),
        "etc/lists/audit-keys": "a:b\n",
        "etc/lists/ioc/bad": "1.2.3.4:\n",
        "etc/lists/undeclared": "c:d\n",
        "elsewhere/rules.xml": _RULE.format(300, "delta"),
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return home


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "data" / "content")


def _import(store: ContentStore, source: Path, **order: bool) -> Imported:
    wanted = replace(Order(source, "wazuh", "user:admin", 1), **order)  # type: ignore[arg-type]  # flags only
    return import_wazuh(store, wanted, (), RulesetOptions())


def test_follows_the_settings_of_the_manager(store: ContentStore, manager: Path) -> None:
    """Folders, patterns, exclusions and lists count as declared, in every root, outside of comments."""
    report = _import(store, manager)
    assert [
        "etc/decoders/local_decoder.xml",
        "etc/lists/audit-keys",
        "etc/lists/ioc/bad",
        "etc/rules/local_rules.xml",
        "ruleset/decoders/0010-demo_decoders.xml",
        "ruleset/rules/0010-demo_rules.xml",
    ] == sorted(report.added)
    assert ["ruleset/rules/0215-policy_rules.xml"] == report.left_out
    assert (2, 2, 2, "v4.14.7") == (report.decoders, report.rules, report.lists, report.version)
    (problem,) = report.problems
    assert "outside of the folder" in problem.reason
    assert 17 == problem.location.line
    assert {"100", "100100"} == {rule.id for rule in load(store.folders()).rules}


def test_a_dry_run_changes_nothing(store: ContentStore, manager: Path) -> None:
    """It says the same and leaves nothing behind."""
    assert 6 == len(_import(store, manager, dry_run=True).added)
    assert () == store.folders()
    assert [] == [path for path in store.folder.rglob("*") if path.is_file()]


def test_again_says_what_is_new_changed_and_gone(store: ContentStore, manager: Path) -> None:
    """A second import brings the set to what the folder holds now."""
    _import(store, manager)
    assert 6 == _import(store, manager).unchanged
    (manager / "etc/rules/local_rules.xml").write_text(_RULE.format(100101, "beta"))
    (manager / "etc/rules/more_rules.xml").write_text(_RULE.format(100300, "more"))
    (manager / "etc/decoders/local_decoder.xml").unlink()
    report = _import(store, manager)
    assert ["etc/rules/more_rules.xml"] == report.added
    assert ["etc/rules/local_rules.xml"] == report.changed
    assert ["etc/decoders/local_decoder.xml"] == report.removed
    assert {"100", "100101", "100300"} == {rule.id for rule in load(store.folders()).rules}


def test_what_was_edited_here_is_kept(store: ContentStore, manager: Path) -> None:
    """Neither an update nor a removal overwrites an edit, unless told to; the operator's own files stay."""
    _import(store, manager)
    here = store.set_folder("wazuh")
    edited, gone, own = (here / "etc/rules" / name for name in ("local_rules.xml", "x_rules.xml", "own.xml"))
    edited.write_text(_RULE.format(100100, "edited"))
    own.write_text(_RULE.format(100900, "own"))
    (manager / "etc/rules/local_rules.xml").write_text(_RULE.format(100100, "upstream"))
    report = _import(store, manager)
    assert ["etc/rules/local_rules.xml"] == report.kept
    assert "edited" in edited.read_text()
    assert own.exists()
    assert not gone.exists()
    found = store.provenance(str(edited))
    assert found is not None
    assert found.edited
    assert [] == _import(store, manager, force=True).kept
    assert "upstream" in edited.read_text()


def test_provenance_says_where_a_file_came_from(store: ContentStore, manager: Path) -> None:
    """Origin, hash, time and person of the import belong to each file."""
    _import(store, manager)
    path = store.set_folder("wazuh") / "etc/rules/local_rules.xml"
    found = store.provenance(str(path))
    assert found is not None
    assert str(manager / "etc/rules/local_rules.xml") == found.origin
    assert ("user:admin", 1, "v4.14.7", False) == (found.by, found.imported_at, found.version, found.edited)
    assert store.provenance("/etc/passwd") is None


def test_links_are_not_followed(store: ContentStore, manager: Path, tmp_path: Path) -> None:
    """A link to a file or a folder elsewhere brings nothing in, and is named."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "9_rules.xml").write_text(_RULE.format(9999, "secret"))
    (manager / "etc/rules/link_rules.xml").symlink_to(secret / "9_rules.xml")
    (manager / "etc/decoders/local_decoder.xml").unlink()
    (manager / "etc/decoders").rmdir()
    (manager / "etc/decoders").symlink_to(secret)
    report = _import(store, manager)
    assert not any("secret" in path.read_text() for path in store.folder.rglob("*.xml"))
    reasons = " ".join(problem.reason for problem in report.problems)
    assert "symbolic link" in reasons
    assert "no such folder" in reasons


def test_a_file_too_large_is_named(
    store: ContentStore, manager: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest comes in."""
    monkeypatch.setattr("tocsin.rules.gathering.MAX_FILE_BYTES", 150)
    (manager / "etc/rules/big_rules.xml").write_text(_RULE.format(100500, "x" * 200))
    report = _import(store, manager)
    assert any("larger than 150" in problem.reason for problem in report.problems)
    assert "etc/decoders/local_decoder.xml" in report.added


def test_other_layouts(store: ContentStore, manager: Path, tmp_path: Path) -> None:
    """A folder with `decoders` and `rules`, and one of bare files, are understood without settings."""
    assert "content/rules/0010-demo_rules.xml" in _import(store, manager / "ruleset").added
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "a.xml").write_text(_DECODER.format("bare"))
    (bare / "b.xml").write_text(_RULE.format(7, "bare"))
    (bare / "c.xml").write_text("<other/>")
    report = import_wazuh(store, Order(bare, "bare", "me", 1), (), RulesetOptions())
    assert ["content/decoders/a.xml", "content/rules/b.xml"] == sorted(report.added)
    # The settings within `etc` speak of the folder above it.
    etc = import_wazuh(store, Order(manager / "etc", "etc", "me", 1), (), RulesetOptions())
    assert "ruleset/rules/0010-demo_rules.xml" in etc.added


def test_what_is_no_ruleset_is_refused(store: ContentStore, tmp_path: Path) -> None:
    """An empty folder, a missing one, and a name that leads elsewhere."""
    with pytest.raises(NotFoundError):
        _import(store, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="no decoders or rules"):
        _import(store, tmp_path / "empty")
    with pytest.raises(InvalidError):
        store.set_folder("../x")
