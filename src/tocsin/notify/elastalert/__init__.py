"""What ElastAlert rules tell by themselves: their alerters as channels, while the rule is in force."""

from __future__ import annotations

from tocsin.notify.elastalert.teller import RuleTeller

__all__ = ["RuleTeller"]
