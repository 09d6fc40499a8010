"""Indicators, feeds, warninglists and matching."""
