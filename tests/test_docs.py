"""The documentation keeps up with the code: generated pages, links, words, choices."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.accounts import PERMISSIONS
from tocsin.agent.settings import load_settings as load_agent_settings
from tocsin.api.access import Require, public
from tocsin.cli.reference.__main__ import main
from tocsin.cli.reference.http import needs
from tocsin.cli.reference.pages import PAGES, write_pages
from tocsin.detect.loader import load_folders as load_detections
from tocsin.intel.warninglists import Warninglists
from tocsin.respond.actions import ACTIONS
from tocsin.respond.cases import run_cases as run_playbook_cases
from tocsin.respond.loader import load_folders as load_playbooks
from tocsin.rules import load
from tocsin.rules.cases import case_files, run_cases
from tocsin.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
WRITTEN_BY_HAND = ("wazuh-compatibility.md",)
_LEFT_OUT = {"node_modules", "dist", "build", "__pycache__"}
_FENCED = re.compile(r"^```.*?^```|^(?: {4}|\t).*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_EXAMPLE = re.compile(
    r"^```(?:xml|yaml)\n(?:# |<!-- )(?P<path>[\w./-]+\.(?:xml|yml))(?: -->)?\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
WORDS = (
    *("source", "record", "event", "decoder", "rule", "detection", "alert", "case", "task", "observable"),
    *("indicator", "sighting", "feed", "analyzer", "responder", "job", "report", "verdict", "playbook"),
    *("run", "step", "decision", "exception", "agent", "warninglist", "mark", "commit", "dashboard"),
)
PERMITTED = {re.sub(r"(?<=ch)es$|s$", "", name.split(":")[0]) for name in PERMISSIONS} - {
    "intel",
    "admin",
    "ingest",
}
"""The things permissions are about, less an area, a role and a verb."""


def markdown_files() -> Iterator[Path]:
    """Every page of the project, without what was installed or built in the checkout."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in _LEFT_OUT and not name.startswith(".")]
        yield from (Path(folder) / name for name in names if name.endswith(".md"))


def dead_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found = []
    for link in _LINK.finditer(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        target, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target) if target else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            found.append(link["target"])
    return found


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked as."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def examples(folder: Path, name: str) -> Path:
    """Write the files a page of the guide shows into a folder, and return it."""
    page = (ROOT / "docs" / "guide" / name).read_text(encoding="utf-8")
    for example in _EXAMPLE.finditer(page):
        path = folder / example["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example["text"], encoding="utf-8")
    return folder


def indented(name: str, first_line: str) -> str:
    """The indented example of a page of the guide that begins with a line."""
    page = (ROOT / "docs" / "guide" / name).read_text(encoding="utf-8")
    start = page.index(f"    {first_line}\n")
    lines = page[start:].splitlines()
    end = next(number for number, line in enumerate(lines) if line and not line.startswith("    "))
    return "\n".join(line[4:] for line in lines[:end])


def glossary() -> dict[str, str]:
    """The words of the glossary with their meanings."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {cell[0]: cell[1] for cell in cells[2:]}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    """A change of routes, commands, settings, fields, rules or actions is a change of its page."""
    standing = REFERENCE / name
    assert standing.exists(), f"docs/reference/{name} is missing: run `make docs`"
    said = standing.read_text(encoding="utf-8")
    assert PAGES[name]() == said, f"docs/reference/{name} is behind the code: run `make docs`"


def test_there_are_no_reference_pages_that_nothing_writes() -> None:
    """A page nobody generates would go stale unseen, but for those that say what no code can."""
    assert sorted([*PAGES, *WRITTEN_BY_HAND]) == sorted(path.name for path in REFERENCE.iterdir())


def test_pages_do_not_depend_on_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another home, working folder, locale or terminal gives the same bytes."""
    here = {name: page() for name, page in PAGES.items()}
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TOCSIN_HTTP__PORT", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.chdir(tmp_path)
    assert here == {name: page() for name, page in PAGES.items()}
    assert not [name for name, text in here.items() if str(ROOT) in text]


def test_the_command_writes_every_page(tmp_path: Path) -> None:
    """`make docs` fills the folder it is given, and makes it when it is not there."""
    assert main([str(tmp_path / "new")]) == 0
    assert sorted(PAGES) == sorted(path.name for path in (tmp_path / "new").iterdir())
    assert main([]) == 2


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    """The second run of `make docs` leaves the same bytes."""
    first = {path.name: path.read_bytes() for path in write_pages(tmp_path)}
    assert first == {path.name: path.read_bytes() for path in write_pages(tmp_path)}


def test_the_page_of_routes_says_who_may_call() -> None:
    """All of some permissions, one of some, a login, or nothing: each is told apart."""
    assert "`a` and `b`" == needs([Require("a", "b")])
    assert "`a` or `b`" == needs([Require("a", "b", any_of=True)])
    assert "`a`" == needs([Require(), Require("a")])
    assert "a login" == needs([Require()])
    assert "nothing: checks a token" == needs([public("checks a token")])


def test_no_link_between_pages_is_dead() -> None:
    """Relative links lead to files and headings that are there."""
    dead = {str(page.relative_to(ROOT)): found for page in markdown_files() if (found := dead_links(page))}
    assert {} == dead


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    """The check of links tells a missing file and a missing heading from what is there and from code."""
    page = tmp_path / "a.md"
    page.write_text("# One thing\n[x](#one-thing) [y](b.md) [z](#two) [w](https://example.org) `[v](c.md)`\n")
    assert ["b.md", "#two"] == dead_links(page)


@pytest.mark.parametrize("word", sorted({*WORDS, *PERMITTED}))
def test_a_word_of_the_product_is_in_the_glossary(word: str) -> None:
    """The nouns of the design and of the permissions are explained, each in a few words."""
    meaning = glossary().get(word)
    assert meaning, f"docs/glossary.md does not say what a {word} is"
    assert len(meaning.split()) >= 4


def test_the_decoder_and_rules_of_the_guide_pass_their_cases(tmp_path: Path) -> None:
    """What the guide shows of decoders and rules loads without a problem and does what it says."""
    folder = examples(tmp_path, "rules.md")
    ruleset = load([folder])
    outcomes, problems = run_cases(ruleset, case_files(folder))
    assert [] == [str(problem) for problem in (*ruleset.problems, *problems)]
    assert [] == [outcome for outcome in outcomes if outcome.failures]
    assert len(outcomes) == 2


def test_the_detections_of_the_guide_load(tmp_path: Path) -> None:
    """One ElastAlert rule and one Sigma rule, without a remark."""
    found = load_detections([examples(tmp_path, "rules.md") / "detections"])
    assert () == found.problems
    assert {"elastalert", "sigma"} == {rule.kind for rule in found.rules}


def test_the_baselines_of_the_guide_load(tmp_path: Path) -> None:
    """One rule of each kind that learns, without a remark."""
    found = load_detections([examples(tmp_path, "baselines.md") / "detections"])
    assert () == found.problems
    kinds = [rule.watch.kind.kind for rule in found.rules if rule.watch]
    assert ["first_seen", "silent_source", "usual_count"] == sorted(kinds)


def test_the_playbook_of_the_guide_decides_as_it_says(tmp_path: Path) -> None:
    """The playbook loads, and its cases reach their decisions."""
    folder = examples(tmp_path, "playbooks.md") / "playbooks"
    assert () == load_playbooks([folder], ACTIONS).problems
    results = run_playbook_cases(folder / "vpn.yml", ACTIONS)
    assert [True, True] == [result.passed for result in results]


def test_the_settings_of_the_guide_are_settings(tmp_path: Path) -> None:
    """The platform and the agent read the files the guide shows."""
    platform, agent = tmp_path / "tocsin.toml", tmp_path / "agent.toml"
    platform.write_text(indented("operating.md", "# /etc/tocsin/tocsin.toml"))
    agent.write_text(indented("sources.md", "# agent.toml"))
    assert load_settings(platform).store.retention_days == 90
    assert load_agent_settings(agent).fim[0].path == "/etc"


def test_the_warninglist_of_the_guide_is_one(tmp_path: Path) -> None:
    """The list the guide shows names the addresses it says."""
    page = (ROOT / "docs" / "guide" / "intel.md").read_text(encoding="utf-8")
    path = tmp_path / "office" / "list.json"
    path.parent.mkdir()
    path.write_text(page.split("```json\n")[1].split("```")[0])
    lists = Warninglists([tmp_path])
    assert [] == lists.load()
    assert ["Office networks"] == [hit.name for hit in lists.hits("ip", "192.0.2.7")]


def test_choices_are_numbered_without_gaps() -> None:
    """Each choice has a number of its own, and says how we would know that it was wrong."""
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [f"{number:04d}" for number in range(1, len(pages) + 1)] == [page.name[:4] for page in pages]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**We would know it was wrong**"):
            assert part in text, f"{page.name} lacks {part}"
