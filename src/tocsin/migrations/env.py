"""Run by Alembic: applies the versions on the connection it was handed."""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Apply the versions on the connection handed over in the configuration."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes["metadata"],
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
