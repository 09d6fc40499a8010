"""Dashboards, searches, notifications, versions and tests of detections, refused samples: one long step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "dashboard_boards",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=160), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dashboard_boards")),
    )
    with op.batch_alter_table("dashboard_boards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dashboard_boards_owner"), ["owner"], unique=False)

    op.create_table(
        "detect_retests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detect_retests")),
    )
    with op.batch_alter_table("detect_retests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detect_retests_started_at"), ["started_at"], unique=False)

    op.create_table(
        "detect_rule_edits",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cases", sa.Text(), nullable=True),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("file_version", sa.String(length=16), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_detect_rule_edits")),
    )
    op.create_table(
        "detect_rule_versions",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cases", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("note", sa.String(length=1024), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "number", name=op.f("pk_detect_rule_versions")),
    )
    op.create_table(
        "detect_switch_changes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detect_switch_changes")),
    )
    with op.batch_alter_table("detect_switch_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detect_switch_changes_changed_at"), ["changed_at"], unique=False)

    op.create_table(
        "ingest_refusal_samples",
        sa.Column("source", sa.String(length=512), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "reason", "place", name=op.f("pk_ingest_refusal_samples")),
    )
    op.create_table(
        "notify_channels",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notify_channels")),
    )
    op.create_table(
        "notify_messages",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("gather", sa.String(length=100), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_messages")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_notify_messages_channel")),
    )
    with op.batch_alter_table("notify_messages", schema=None) as batch_op:
        batch_op.create_index("ix_notify_messages_channel_sent_at", ["channel", "sent_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notify_messages_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index("ix_notify_messages_status_due_at", ["status", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notify_messages_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "notify_preferences",
        sa.Column("login", sa.String(length=160), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_notify_preferences")),
    )
    op.create_table(
        "notify_routes",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notify_routes")),
    )
    op.create_table(
        "search_saved",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=160), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_saved")),
    )
    with op.batch_alter_table("search_saved", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_saved_deleted_at"), ["deleted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_saved_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_saved_owner"), ["owner"], unique=False)

    op.create_table(
        "dashboard_versions",
        sa.Column("dashboard_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["dashboard_id"],
            ["dashboard_boards.id"],
            name=op.f("fk_dashboard_versions_dashboard_id_dashboard_boards"),
        ),
        sa.PrimaryKeyConstraint("dashboard_id", "version", name=op.f("pk_dashboard_versions")),
    )
    with op.batch_alter_table("case_alert_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_alert_events_event_id"), ["event_id"], unique=False)


def downgrade() -> None:
    """Take the schema back to the version before."""
    with op.batch_alter_table("case_alert_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_alert_events_event_id"))

    op.drop_table("dashboard_versions")
    with op.batch_alter_table("search_saved", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_saved_owner"))
        batch_op.drop_index(batch_op.f("ix_search_saved_name"))
        batch_op.drop_index(batch_op.f("ix_search_saved_deleted_at"))

    op.drop_table("search_saved")
    op.drop_table("notify_routes")
    op.drop_table("notify_preferences")
    with op.batch_alter_table("notify_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notify_messages_subject_id"))
        batch_op.drop_index("ix_notify_messages_status_due_at")
        batch_op.drop_index(batch_op.f("ix_notify_messages_ended_at"))
        batch_op.drop_index("ix_notify_messages_channel_sent_at")

    op.drop_table("notify_messages")
    op.drop_table("notify_channels")
    op.drop_table("ingest_refusal_samples")
    with op.batch_alter_table("detect_switch_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detect_switch_changes_changed_at"))

    op.drop_table("detect_switch_changes")
    op.drop_table("detect_rule_versions")
    op.drop_table("detect_rule_edits")
    with op.batch_alter_table("detect_retests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detect_retests_started_at"))

    op.drop_table("detect_retests")
    with op.batch_alter_table("dashboard_boards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dashboard_boards_owner"))

    op.drop_table("dashboard_boards")
