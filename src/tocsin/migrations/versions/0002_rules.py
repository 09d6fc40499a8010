"""What detections remember, exceptions, silences, documents of clients: one step (hence its length)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "detect_correlations",
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_detect_correlations")),
    )
    op.create_table(
        "detect_exceptions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=1024), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("last_hit_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detect_exceptions")),
    )
    with op.batch_alter_table("detect_exceptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detect_exceptions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_detect_exceptions_rule_id"), ["rule_id"], unique=False)

    op.create_table(
        "detect_held",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "event_id", name=op.f("pk_detect_held")),
    )
    with op.batch_alter_table("detect_held", schema=None) as batch_op:
        batch_op.create_index("ix_detect_held_rule_at", ["rule_id", "at"], unique=False)

    op.create_table(
        "detect_mutes",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("group_key", sa.String(length=512), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=1024), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "group_key", name=op.f("pk_detect_mutes")),
    )
    with op.batch_alter_table("detect_mutes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detect_mutes_until_at"), ["until_at"], unique=False)

    op.create_table(
        "detect_runs",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_detect_runs")),
    )
    op.create_table(
        "ingest_document_ids",
        sa.Column("document_id", sa.String(length=512), nullable=False),
        sa.Column("source", sa.String(length=512), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=24), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "source", name=op.f("pk_ingest_document_ids")),
    )
    with op.batch_alter_table("ingest_document_ids", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_document_ids_claimed", ["claimed_at"], unique=False)

    op.create_table(
        "store_document_indices",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_store_document_indices")),
    )
    op.create_table(
        "store_documents",
        sa.Column("index_name", sa.String(length=255), nullable=False),
        sa.Column("id", sa.String(length=512), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("index_name", "id", name=op.f("pk_store_documents")),
    )
    with op.batch_alter_table("store_documents", schema=None) as batch_op:
        batch_op.create_index("ix_store_documents_age", ["index_name", "changed_at"], unique=False)

    with op.batch_alter_table("case_alert_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holders", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("detect_rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take the schema back to the version before."""
    with op.batch_alter_table("detect_rules", schema=None) as batch_op:
        batch_op.drop_column("withdrawn")

    with op.batch_alter_table("case_alert_events", schema=None) as batch_op:
        batch_op.drop_column("holders")

    with op.batch_alter_table("store_documents", schema=None) as batch_op:
        batch_op.drop_index("ix_store_documents_age")

    op.drop_table("store_documents")
    op.drop_table("store_document_indices")
    with op.batch_alter_table("ingest_document_ids", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_document_ids_claimed")

    op.drop_table("ingest_document_ids")
    op.drop_table("detect_runs")
    with op.batch_alter_table("detect_mutes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detect_mutes_until_at"))

    op.drop_table("detect_mutes")
    with op.batch_alter_table("detect_held", schema=None) as batch_op:
        batch_op.drop_index("ix_detect_held_rule_at")

    op.drop_table("detect_held")
    with op.batch_alter_table("detect_exceptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detect_exceptions_rule_id"))
        batch_op.drop_index(batch_op.f("ix_detect_exceptions_expires_at"))

    op.drop_table("detect_exceptions")
    op.drop_table("detect_correlations")
