"""Printing: PDF in pages, PNG in one picture, without a browser, and never without bounds."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from tocsin.core.errors import InvalidError
from tocsin.dashboards.reporting import printing
from tocsin.dashboards.reporting.bounds import PIXELS_WIDE
from tocsin.dashboards.reporting.pdf import PrintError
from tocsin.dashboards.reporting.printing import TooLongError, printed

_ROW = '<div style="height: 1000px; break-inside: avoid">x</div>'


def size(png: bytes) -> tuple[int, int]:
    """Width and height, of the chunk IHDR (PNG specification, 11.2.2)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_picture_is_as_high_as_what_it_shows() -> None:
    """One picture, however many pages the PDF has."""
    assert (PIXELS_WIDE, 3_000) == size(printed(f"<body style='margin: 0'>{_ROW * 3}", "png"))


def test_a_pdf_has_pages() -> None:
    """As many as it needs."""
    pdf = printed(_ROW * 3, "pdf")
    assert pdf.startswith(b"%PDF")
    assert len(printed("x", "pdf")) < len(pdf)


def test_a_page_is_what_it_was() -> None:
    """HTML needs no printing."""
    assert "ü".encode() == printed("ü", "html")


@pytest.mark.parametrize(("form", "said"), [("png", "pixels high"), ("pdf", "pages")])
def test_what_is_too_long_is_refused(form: printing.Form, said: str) -> None:
    """Before it is drawn, with how long it is."""
    with pytest.raises(TooLongError, match=said):
        printed(_ROW * 250, form)


def test_nothing_is_fetched() -> None:
    """Neither from the network nor from this machine's files: the picture is as if there were none."""
    from_file = "<body style='margin: 0'><img src='file:///usr/share/pixmaps/debian-logo.png'>x"
    from_net = "<body style='margin: 0'><img src='http://127.0.0.1:9/x.png'>x"
    assert printed(from_file, "png") == printed(from_net, "png")


def test_a_printer_that_dies_or_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last words, or the time it had."""
    monkeypatch.setattr(printing, "_CHILD", (sys.executable, "-c", "raise SystemExit('ink')"))
    with pytest.raises(PrintError, match="status 1: ink"):
        printed("x", "png")
    monkeypatch.setattr(printing, "_CHILD", ("/nowhere/python",))
    with pytest.raises(PrintError, match="could not begin"):
        printed("x", "png")

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(printing.subprocess, "run", hang)
    with pytest.raises(PrintError, match="took longer"):
        printed("x", "png")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fonts, or the library where it has no build."""
    monkeypatch.setattr(printing, "_FONTS", ())
    with pytest.raises(InvalidError, match="no fonts"):
        printed("x", "png")
    monkeypatch.setattr(printing, "find_spec", lambda _: None)
    with pytest.raises(InvalidError, match="PlutoPrint is not there"):
        printed("x", "png")
