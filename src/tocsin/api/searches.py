"""Routes of saved searches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.services import Services, services
from tocsin.core.clock import to_iso
from tocsin.searches import SavedSearch, SearchDocument, SearchDraft
from tocsin.searches.model import MAX_COLUMNS, MAX_DESCRIPTION, MAX_FIELD, MAX_NAME, MAX_QUERY, MAX_TAGS
from tocsin.searches.service import Keeper

router = APIRouter(prefix="/searches", tags=["searches"])

_Services = Annotated[Services, Depends(services)]
_Caller = Annotated[Principal, Depends(require("events:read"))]
_Field = Annotated[str, Field(max_length=MAX_FIELD)]
_Tags = Annotated[list[str], Field(max_length=MAX_TAGS)]


class SearchDocumentIn(BaseModel, extra="forbid"):
    """The search itself; see `searches.model.SearchDocument`."""

    q: str = Field(default="", max_length=MAX_QUERY)
    from_: str = Field(default="now-24h", alias="from", max_length=64)
    to: str = Field(default="now", max_length=64)
    order: Literal["newest", "oldest"] = "newest"
    sort: _Field = ""
    columns: list[_Field] = Field(default=[], max_length=MAX_COLUMNS)
    widths: dict[_Field, int] = Field(default={}, max_length=MAX_COLUMNS)
    interval: str = Field(default="", max_length=16)
    by: _Field = ""

    def document(self) -> SearchDocument:
        """Return it as the area takes it."""
        return SearchDocument(**(self.model_dump() | {"columns": tuple(self.columns)}))


class SearchIn(BaseModel, extra="forbid"):
    """A search to save."""

    name: str = Field(min_length=1, max_length=MAX_NAME)
    description: str = Field(default="", max_length=MAX_DESCRIPTION)
    tags: _Tags = []
    shared: bool = False
    search: SearchDocumentIn


class SearchChange(BaseModel, extra="forbid"):
    """What can be changed of a saved search; `version` is the one that was seen."""

    version: int = Field(ge=1)
    name: str | None = Field(default=None, min_length=1, max_length=MAX_NAME)
    description: str | None = Field(default=None, max_length=MAX_DESCRIPTION)
    tags: _Tags | None = None
    shared: bool | None = None
    search: SearchDocumentIn | None = None


@router.get("")
def list_searches(caller: _Caller, services: _Services) -> dict[str, Any]:
    """List one's own searches and the shared ones, by name."""
    keeper = _keeper(caller)
    with services.db.read() as tx:
        rows = services.searches.list(tx, keeper)
        return listing((_view(row, keeper) for row in rows), total=len(rows))


@router.post("", status_code=201)
def save_search(body: SearchIn, caller: _Caller, services: _Services) -> dict[str, Any]:
    """Save a search under a name; sharing it needs `searches:write`."""
    keeper = _keeper(caller)
    draft = SearchDraft(
        name=body.name,
        description=body.description,
        tags=tuple(body.tags),
        shared=body.shared,
        document=body.search.document(),
    )
    with services.db.write() as tx:
        return _view(services.searches.add(tx, draft, keeper), keeper)


@router.get("/{search_id}")
def get_search(search_id: str, caller: _Caller, services: _Services) -> dict[str, Any]:
    """Return a saved search."""
    keeper = _keeper(caller)
    with services.db.read() as tx:
        return _view(services.searches.get(tx, search_id, keeper), keeper)


@router.patch("/{search_id}")
def change_search(search_id: str, body: SearchChange, caller: _Caller, services: _Services) -> dict[str, Any]:
    """Change a saved search; what is left out stays. 409 when someone has changed it meanwhile."""
    keeper = _keeper(caller)
    changes = body.model_dump(exclude_none=True, exclude={"version", "search"})
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"])
    if body.search is not None:
        changes["document"] = body.search.document()
    with services.db.write() as tx:
        row = services.searches.change(tx, search_id, changes, keeper, version=body.version)
        return _view(row, keeper)


@router.delete("/{search_id}", status_code=204)
def delete_search(search_id: str, caller: _Caller, services: _Services) -> None:
    """Delete a saved search; for 30 days it can be restored."""
    with services.db.write() as tx:
        services.searches.remove(tx, search_id, _keeper(caller))


@router.post("/{search_id}/restore")
def restore_search(search_id: str, caller: _Caller, services: _Services) -> dict[str, Any]:
    """Bring a deleted search back."""
    keeper = _keeper(caller)
    with services.db.write() as tx:
        return _view(services.searches.restore(tx, search_id, keeper), keeper)


def _keeper(caller: Principal) -> Keeper:
    return Keeper(caller.actor, may_share="searches:write" in caller.permissions)


def _view(row: SavedSearch, keeper: Keeper) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "owner": row.owner,
        "shared": row.shared,
        "own": row.owner == keeper.name,
        "may_change": keeper.may_share if row.shared else row.owner == keeper.name,
        "search": row.document,
        "version": row.version,
        "created_at": to_iso(row.created_at),
        "updated_at": to_iso(row.updated_at),
        "updated_by": row.updated_by,
    }
