"""Reports of dashboards by schedule; events that detections hold, each written once for all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "dashboard_schedules",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("dashboard_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("cron", sa.String(length=100), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("span_start", sa.String(length=64), nullable=False),
        sa.Column("span_end", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("stopped", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("last_status", sa.String(length=16), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=160), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dashboard_schedules")),
    )
    with op.batch_alter_table("dashboard_schedules", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dashboard_schedules_dashboard_id"), ["dashboard_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_dashboard_schedules_next_at"), ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dashboard_schedules_owner"), ["owner"], unique=False)

    op.create_table(
        "detect_held_pieces",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_detect_held_pieces")),
    )
    op.create_table(
        "dashboard_reports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("schedule_id", sa.String(length=40), nullable=False),
        sa.Column("dashboard_id", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("asked_by", sa.String(length=160), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("try_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("has_file", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("sent_to", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["dashboard_schedules.id"],
            name=op.f("fk_dashboard_reports_schedule_id_dashboard_schedules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dashboard_reports")),
        sa.UniqueConstraint("schedule_id", "due_at", name=op.f("uq_dashboard_reports_schedule_id")),
    )
    with op.batch_alter_table("dashboard_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dashboard_reports_dashboard_id"), ["dashboard_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dashboard_reports_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index("ix_dashboard_reports_status_try_at", ["status", "try_at"], unique=False)

    op.create_table(
        "dashboard_report_files",
        sa.Column("report_id", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["dashboard_reports.id"],
            name=op.f("fk_dashboard_report_files_report_id_dashboard_reports"),
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_dashboard_report_files")),
    )
    with op.batch_alter_table("detect_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_from", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("gone_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("gone_piece", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take the schema back to the version before."""
    with op.batch_alter_table("detect_runs", schema=None) as batch_op:
        batch_op.drop_column("gone_piece")
        batch_op.drop_column("gone_at")
        batch_op.drop_column("held_from")

    op.drop_table("dashboard_report_files")
    with op.batch_alter_table("dashboard_reports", schema=None) as batch_op:
        batch_op.drop_index("ix_dashboard_reports_status_try_at")
        batch_op.drop_index(batch_op.f("ix_dashboard_reports_ended_at"))
        batch_op.drop_index(batch_op.f("ix_dashboard_reports_dashboard_id"))

    op.drop_table("dashboard_reports")
    op.drop_table("detect_held_pieces")
    with op.batch_alter_table("dashboard_schedules", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dashboard_schedules_owner"))
        batch_op.drop_index(batch_op.f("ix_dashboard_schedules_next_at"))
        batch_op.drop_index(batch_op.f("ix_dashboard_schedules_dashboard_id"))

    op.drop_table("dashboard_schedules")
