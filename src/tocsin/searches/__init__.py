"""Saved searches: a question to the event log under a name, private or shared."""

from tocsin.searches.model import SearchDocument, SearchDraft
from tocsin.searches.service import SavedSearches
from tocsin.searches.tables import SavedSearch

__all__ = ["SavedSearch", "SavedSearches", "SearchDocument", "SearchDraft"]
