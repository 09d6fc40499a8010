"""Serves the built console: files as they are, every other path the page that routes in the browser."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_NOT_PAGES = ("api/", "compat/")
_YEAR = "public, max-age=31536000, immutable"


class ConsoleFiles(StaticFiles):
    """The files of a folder, and `index.html` for any path that is none; 404 while nothing is built."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer one request."""
        if path.startswith(_NOT_PAGES):
            raise HTTPException(404, "there is nothing at this path")
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or "." in path.rpartition("/")[2]:
                raise
            response = await super().get_response("index.html", scope)
        # Built files carry their content's hash in their names; the page that names them does not.
        response.headers["cache-control"] = _YEAR if path.startswith("assets/") else "no-cache"
        return response

    async def check_config(self) -> None:
        """Nothing to check: a console that is not built is no error."""
