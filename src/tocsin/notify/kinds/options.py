"""Types that options of channels share."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tocsin.notify.errors import DeliveryError
from tocsin.notify.http import address_parts


class URLOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of a kind that posts to one address."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, description="Address to post to.")]

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        try:
            address_parts(self.url)
        except DeliveryError as error:
            raise ValueError(error.message) from error
