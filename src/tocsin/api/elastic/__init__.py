"""The face of Elasticsearch at `/compat/elastic`: what its clients need to write, search and count events.

Format: Elasticsearch 8 REST API. Index names are views on the one event log (see `views`); a few, such as
ElastAlert's, hold documents of their own (see `documents`).
"""

from __future__ import annotations

from fastapi import APIRouter

from tocsin.api.elastic import appending, cluster, cursors, documents, fields, indices, searching
from tocsin.api.elastic.form import ElasticRoute, too_large

router = APIRouter(prefix="/compat/elastic", tags=["elasticsearch"], route_class=ElasticRoute)
router.add_api_route("", cluster.greet, methods=["GET", "HEAD"])
for _part in (cluster, searching, cursors, fields, appending, documents, indices):
    router.include_router(_part.router)


def speaks(path: str) -> bool:
    """Tell whether an address is one of this face, whose clients read its form of errors only."""
    return path == router.prefix or path.startswith(f"{router.prefix}/")


__all__ = ["router", "speaks", "too_large"]
