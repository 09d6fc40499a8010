"""Pipelines are read from files, run in order, tested by their cases, and refused with the line."""

from pathlib import Path

import pytest

from tocsin.core.errors import ContentError
from tocsin.core.event import Event
from tocsin.ingest.processors.cases import run_cases
from tocsin.ingest.processors.draft import ERRORS, PIPELINES
from tocsin.ingest.processors.loader import load_pipelines, read_text
from tocsin.ingest.processors.options import Surroundings
from tocsin.ingest.processors.pipeline import IngestPipelines

GOOD = """\
pipeline: shop
sources: ["file:*shop*", "/var/log/shop/*"]
if: NOT decoder.name:sshd
processors:
  - dissect: {field: message, pattern: "%{app.level} %{app.text}"}
  - drop: {reason: debug lines}
    if: app.level:DEBUG
  - convert: {app.text: int}
    on_failure:
      - set: {fields: {app.kind: words}}
cases:
  - name: words stay words
    event: {message: INFO hello}
    expect: {app.level: INFO, app.kind: words}
  - name: debug goes
    event: {message: DEBUG x}
    dropped: debug lines
"""


def event(message: str, source: str = "file:shop", **fields: object) -> Event:
    return Event(source, 1, 0, 0, message, dict(fields))


def test_an_event_goes_through_the_pipelines_that_take_it(tmp_path: Path) -> None:
    """By source, by file, and by the condition; which ones is noted on the event."""
    (tmp_path / "shop.yml").write_text(GOOD)
    loaded = load_pipelines([tmp_path])
    pipelines = IngestPipelines(loaded.pipelines)
    assert not loaded.problems
    one, other, sshd = event("WARN 5"), event("WARN 5", "file:x"), event("WARN 5", **{"decoder.name": "sshd"})
    by_file = event("WARN 5", "agent:1", **{"log.file.path": "/var/log/shop/a.log"})
    assert [pipelines.run(each) for each in (one, other, sshd, by_file)] == [None] * 4
    assert one.fields == {"app.level": "WARN", "app.text": 5, PIPELINES: ["shop"]}
    assert by_file.fields["app.text"] == 5
    assert other.fields == {}
    assert PIPELINES not in sshd.fields
    assert pipelines.run(event("DEBUG x")) == "debug lines"


def test_a_processor_that_does_not_fit_is_noted_and_the_event_kept(tmp_path: Path) -> None:
    """The note names pipeline, processor and reason; the steps after it run."""
    text = GOOD.replace('"%{app.level} %{app.text}"', '"<%{app.level}>"')
    pipeline = read_text("shop.yml", text, Surroundings(tmp_path))
    one = event("plain")
    assert IngestPipelines([pipeline]).run(one) is None
    assert one.fields[ERRORS] == ["shop dissect: message has not the delimiters of the pattern"]


def test_the_cases_of_a_file_are_run(tmp_path: Path) -> None:
    """Each passes, and one that expects something else says what came."""
    path = tmp_path / "shop.yml"
    path.write_text(GOOD)
    assert [outcome.failures for outcome in run_cases(path)] == [(), ()]
    path.write_text(GOOD.replace("app.kind: words}\n  - name", "app.kind: numbers}\n  - name"))
    first, _ = run_cases(path)
    assert first.failures == ("app.kind: expected 'numbers', got 'words'",)
    assert first.location.line == 12


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("dissect:", "disect:", 5, "did you mean 'dissect'"),
        ("sources:", "source:", 2, "'source' is unknown here; did you mean 'sources'"),
        ("if: app.level:DEBUG", "if: 'app.level:('", 7, "the condition is not a search"),
        ("if: app.level:DEBUG", "if: 'file.mtime:[now-1h TO now]'", 7, "depends on the time of the search"),
        ("reason: debug lines}", "why: x}", 6, "unknown field `why`"),
        ("{app.text: int}", "{app.text: inch}", 8, "'inch' is none of"),
        ("pipeline: shop", "pipeline: 'a b'", 1, "letters, digits and hyphens"),
        ("processors:", "processors: [", 0, "not valid YAML"),
    ],
)
def test_a_bad_pipeline_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    """The rest of the folder is loaded."""
    (tmp_path / "bad.yml").write_text(GOOD.replace(old, new, 1))
    (tmp_path / "good.yml").write_text(GOOD)
    loaded = load_pipelines([tmp_path])
    assert [pipeline.name for pipeline in loaded.pipelines] == ["shop"]
    (problem,) = loaded.problems
    assert reason in problem.reason
    assert problem.location.path.endswith("bad.yml")
    if line:
        assert problem.location.line == line


def test_of_two_pipelines_of_a_name_the_first_stands(tmp_path: Path) -> None:
    """The other is named as a problem."""
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD)
    loaded = load_pipelines([tmp_path])
    assert len(loaded.pipelines) == 1
    assert "is defined in" in loaded.problems[0].reason


def test_a_case_that_is_none_is_refused(tmp_path: Path) -> None:
    """With the line it stands in."""
    path = tmp_path / "shop.yml"
    path.write_text(GOOD.replace("    dropped:", "    droped:"))
    with pytest.raises(ContentError, match="droped"):
        list(run_cases(path))
