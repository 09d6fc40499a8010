"""Analyzers: catalogue, runner, cache and reports."""
