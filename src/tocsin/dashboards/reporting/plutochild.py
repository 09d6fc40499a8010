"""The process that lays a report out with PlutoPrint: HTML from its input, a PDF or a PNG to its output.

It is started as `python -I -m tocsin.dashboards.reporting.plutochild FORM`, has limits, and ends with status
3 and the reason on its errors when the report is too long for the form.
"""

from __future__ import annotations

import resource
import sys

import plutoprint

from tocsin.dashboards.reporting.bounds import (
    DATA_BYTES,
    MOST_CPU_S,
    MOST_OUTPUT_BYTES,
    MOST_PAGES,
    MOST_PIXELS_HIGH,
    PIXELS_WIDE,
    TOO_LONG,
)

_POINTS = 72 / 96
"""Of a pixel of CSS."""
_MARGIN = 34.0
"""Of a page in points: 12 mm."""


class _Nothing(plutoprint.ResourceFetcher):
    """Fetches nothing: a report needs nothing else."""

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        raise ValueError(f"a report fetches nothing, nor {url[:200]}")


def _limit() -> None:
    for kind, limit in (
        (resource.RLIMIT_DATA, DATA_BYTES),
        (resource.RLIMIT_FSIZE, MOST_OUTPUT_BYTES),
        (resource.RLIMIT_CPU, MOST_CPU_S),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def _book(html: str, form: str) -> plutoprint.Book:
    if form == "pdf":
        margins = plutoprint.PageMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        book = plutoprint.Book(plutoprint.PAGE_SIZE_A4.landscape(), margins, plutoprint.MEDIA_TYPE_PRINT)
    else:
        size = plutoprint.PageSize(PIXELS_WIDE * _POINTS, PIXELS_WIDE * _POINTS)
        book = plutoprint.Book(size, plutoprint.PageMargins(), plutoprint.MEDIA_TYPE_SCREEN)
    book.custom_resource_fetcher = _Nothing()
    book.load_html(html)
    return book


def _refuse(reason: str) -> None:
    sys.stderr.write(reason)
    sys.exit(TOO_LONG)


def main() -> None:
    """Lay out and write."""
    _limit()
    form = sys.argv[1]
    book = _book(sys.stdin.buffer.read().decode(), form)
    if form == "pdf":
        if (pages := book.get_page_count()) > MOST_PAGES:
            _refuse(f"it has {pages:,} pages and may have {MOST_PAGES:,}")
        book.write_to_pdf_stream(sys.stdout.buffer)
        return
    if (height := book.get_document_height()) > MOST_PIXELS_HIGH:
        _refuse(f"it is {height:,.0f} pixels high and may be {MOST_PIXELS_HIGH:,}; as PDF it has pages")
    book.write_to_png_stream(sys.stdout.buffer)


if __name__ == "__main__":
    main()
