"""Whom schedules and their reports ask: for dashboards, for rights, for channels."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.dashboards.ports import Owners, Post
from tocsin.dashboards.schedules.finding import Finder


@dataclass(frozen=True, slots=True)
class Parties:
    """Where dashboards are found, what owners may read, and by what reports go out."""

    finder: Finder
    owners: Owners
    post: Post
