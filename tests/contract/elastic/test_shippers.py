"""Debian's log daemons, on a configuration of our own and without privileges, ship into `_bulk`.

`TOCSIN_SYSLOG_NG` names a folder that syslog-ng's packages were unpacked into, since Debian lets only one log
daemon be installed; `.ci/run` makes one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.contract.elastic.conftest import Served

from harness.waiting import PATIENCE_S, until

RSYSLOG = """
global(workDirectory="{folder}")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")
template(name="event" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="program" name="programname" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
input(type="imfile" file="{log}" tag="app:")
action(type="omelasticsearch" server="{url}" uid="rsyslog" pwd="{key}" searchIndex="rsyslog-app" searchType=""
       template="event" bulkmode="on" errorFile="{folder}/errors" action.resumeRetryCount="-1")
"""
SYSLOG_NG = """@version: 3.35
{include}
source s {{ file("{log}" follow-freq(0.1) flags(no-parse)); }};
destination d {{ elasticsearch-http(url("{url}/_bulk") index("syslog-ng-app") type("") workers(1)
  batch-timeout(100) user("syslog-ng") password("{key}")
  template("$(format-json --pair @timestamp=$ISODATE --pair message=$MESSAGE)")); }};
log {{ source(s); destination(d); }};
"""
LINES = [f'line {n} of "an application" with caf\u00e9 and a \\ in it' for n in range(300)]


@contextmanager
def daemon(command: list[str], folder: Path, **variables: str) -> Iterator[Path]:
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env={**os.environ, **variables}
        )
        try:
            yield said
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def shipped(served: Served, index: str) -> list[str]:
    """Return the messages under an index, oldest first."""
    body = {"size": 1_000, "sort": [{"event.sequence": "asc"}]}
    answer = served.ask("POST", f"/{index}/_search?ignore_unavailable=true", body).json()
    return [hit["_source"]["message"].strip() for hit in answer["hits"]["hits"]]


def write(log: Path, said: Path, served: Served, index: str) -> None:
    """Write lines in two goes and wait until they are in the log, each once and in order."""
    for part in (LINES[:200], LINES[200:]):
        with log.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in part)
        expected = LINES[: LINES.index(part[-1]) + 1]
        try:
            until(lambda expected=expected: expected == shipped(served, index), pause_s=0.2)
        except pytest.fail.Exception:
            pytest.fail(f"{len(shipped(served, index))} lines arrived; {said.read_text()[-2_000:]}")


def test_rsyslog(served: Served, tmp_path: Path) -> None:
    """omelasticsearch delivers every line once."""
    program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin")
    if program is None or not list(Path("/usr/lib").glob("*/rsyslog/omelasticsearch.so")):
        pytest.skip("rsyslog with omelasticsearch is not installed")
    log = tmp_path / "app.log"
    log.touch()
    config = tmp_path / "rsyslog.conf"
    config.write_text(
        RSYSLOG.format(folder=tmp_path, log=log, url=served.url, key=served.keys["administrator"])
    )
    command = [program, "-n", "-f", str(config), "-i", str(tmp_path / "pid")]
    with daemon(command, tmp_path) as said:
        time.sleep(1)
        write(log, said, served, "rsyslog-app")
    assert not (tmp_path / "errors").exists()


def test_syslog_ng(served: Served, tmp_path: Path) -> None:
    """elasticsearch-http delivers every line once."""
    root = Path(os.environ.get("TOCSIN_SYSLOG_NG", ROOT / ".syslog-ng"))
    root = root if (root / "usr/sbin/syslog-ng").exists() else Path("/")
    program = root / "usr/sbin/syslog-ng"
    modules = next(root.glob("usr/lib/syslog-ng/[0-9]*"), Path("none"))
    driver = next(root.glob("usr/share/syslog-ng/include/scl/elasticsearch/elastic-http.conf"), None)
    if not program.exists() or driver is None or not (modules / "libhttp.so").exists():
        pytest.skip("syslog-ng with elasticsearch-http is not installed")
    log = tmp_path / "app.log"
    log.touch()
    config = tmp_path / "syslog-ng.conf"
    include = f'@include "{driver}"'
    config.write_text(
        SYSLOG_NG.format(include=include, log=log, url=served.url, key=served.keys["administrator"])
    )
    libraries = [root / "usr/lib/x86_64-linux-gnu", root / "lib/x86_64-linux-gnu", modules.parent]
    files = [f"--{name}={tmp_path / name}" for name in ("persist-file", "pidfile", "control")]
    command = [str(program), "-F", "--no-caps", f"--cfgfile={config}", f"--module-path={modules}", *files]
    paths = {} if root == Path("/") else {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    with daemon(command, tmp_path, **paths) as said:
        write(log, said, served, "syslog-ng-app")
