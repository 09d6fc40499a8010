"""Receivers and the pipeline that carries a batch from source to commit."""
