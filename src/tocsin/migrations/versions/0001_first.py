"""The first schema: every table of the first version, in one step (hence its length)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "account_api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_account_api_keys_key_hash")),
    )
    op.create_table(
        "account_audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_audit")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_account_audit_previous_hash")),
    )
    with op.batch_alter_table("account_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_audit_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "account_setup_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_setup_tokens")),
    )
    op.create_table(
        "account_users",
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_account_users")),
    )
    op.create_table(
        "case_cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("resolution", sa.String(length=32), nullable=True),
        sa.Column("impact", sa.String(length=32), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(length=160), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("tlp", sa.Integer(), nullable=False),
        sa.Column("pap", sa.Integer(), nullable=False),
        sa.Column("flag", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", sa.JSON(), nullable=False),
        sa.Column("merged_into_id", sa.String(length=40), nullable=True),
        sa.Column("created_by", sa.String(length=160), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("in_progress_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=160), nullable=True),
        sa.Column("alert_new_at", sa.BigInteger(), nullable=True),
        sa.Column("alert_in_progress_at", sa.BigInteger(), nullable=True),
        sa.Column("alert_imported_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["case_cases.id"], name=op.f("fk_case_cases_merged_into_id_case_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_case_cases_number")),
    )
    with op.batch_alter_table("case_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_cases_assignee"), ["assignee"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_cases_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_cases_status"), ["status"], unique=False)

    op.create_table(
        "case_comments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject_type", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_comments")),
    )
    with op.batch_alter_table("case_comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_comments_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "case_counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_case_counters")),
    )
    op.create_table(
        "case_observables",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject_type", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=4096), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Integer(), nullable=False),
        sa.Column("pap", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("is_ioc", sa.Boolean(), nullable=False),
        sa.Column("sighted", sa.Boolean(), nullable=False),
        sa.Column("ignore_similarity", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("reports", sa.JSON(), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_observables")),
        sa.UniqueConstraint("subject_id", "kind", "value", name=op.f("uq_case_observables_subject_id")),
    )
    with op.batch_alter_table("case_observables", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_observables_value"), ["value"], unique=False)

    op.create_table(
        "case_tags",
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "tag", name=op.f("pk_case_tags")),
    )
    with op.batch_alter_table("case_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_tags_tag"), ["tag"], unique=False)

    op.create_table(
        "detect_offsets",
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("commit_number", sa.BigInteger(), nullable=False),
        sa.Column("watermark_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_detect_offsets")),
    )
    op.create_table(
        "detect_rules",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=True),
        sa.Column("matches", sa.BigInteger(), nullable=False),
        sa.Column("silenced", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("last_match_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_detect_rules")),
    )
    op.create_table(
        "detect_silences",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("group_key", sa.String(length=512), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "group_key", name=op.f("pk_detect_silences")),
    )
    with op.batch_alter_table("detect_silences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detect_silences_until_at"), ["until_at"], unique=False)

    op.create_table(
        "detect_windows",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("group_key", sa.String(length=512), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", "group_key", name=op.f("pk_detect_windows")),
    )
    with op.batch_alter_table("detect_windows", schema=None) as batch_op:
        batch_op.create_index("ix_detect_windows_newest_at", ["newest_at"], unique=False)

    op.create_table(
        "enrich_jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("analyzer", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Integer(), nullable=False),
        sa.Column("pap", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("cache_key", sa.String(length=32), nullable=False),
        sa.Column("observable_id", sa.String(length=40), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("from_cache", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrich_jobs")),
    )
    with op.batch_alter_table("enrich_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_enrich_jobs_cache", ["cache_key", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrich_jobs_observable_id"), ["observable_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrich_jobs_status"), ["status"], unique=False)

    op.create_table(
        "ingest_agents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("host", sa.JSON(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("spool", sa.JSON(), nullable=False),
        sa.Column("collectors", sa.JSON(), nullable=False),
        sa.Column("inventory", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_agents")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_ingest_agents_key_hash")),
    )
    with op.batch_alter_table("ingest_agents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ingest_agents_name"), ["name"], unique=False)

    op.create_table(
        "ingest_enrolment_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_enrolment_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ingest_enrolment_tokens_token_hash")),
    )
    op.create_table(
        "ingest_sources",
        sa.Column("id", sa.String(length=512), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("lag_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_sources")),
    )
    op.create_table(
        "intel_feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("indicators", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("last_import_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intel_feeds")),
        sa.UniqueConstraint("name", name=op.f("uq_intel_feeds_name")),
    )
    op.create_table(
        "intel_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intel_revisions")),
    )
    op.create_table(
        "intel_warninglists",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_intel_warninglists")),
    )
    op.create_table(
        "playbook_alert_traits",
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "field", "value", name=op.f("pk_playbook_alert_traits")),
    )
    with op.batch_alter_table("playbook_alert_traits", schema=None) as batch_op:
        batch_op.create_index("ix_playbook_alert_traits_value", ["field", "value", "seen_at"], unique=False)

    op.create_table(
        "playbook_decisions",
        sa.Column("id", sa.String(length=220), nullable=False),
        sa.Column("run_id", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("subject_type", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("resolution", sa.String(length=32), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("flips", sa.JSON(), nullable=False),
        sa.Column("arithmetic", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("playbook", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=100), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_decisions")),
    )
    with op.batch_alter_table("playbook_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_playbook_decisions_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_playbook_decisions_subject", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "playbook_executors",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("born_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_executors")),
    )
    op.create_table(
        "playbook_runs",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("playbook", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("subject_type", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_runs")),
    )
    with op.batch_alter_table("playbook_runs", schema=None) as batch_op:
        batch_op.create_index("ix_playbook_runs_status", ["status"], unique=False)
        batch_op.create_index("ix_playbook_runs_subject", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "playbook_triggers",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_triggers")),
        sa.UniqueConstraint("alert_id", "revision", name="uq_playbook_triggers_alert_revision"),
    )
    with op.batch_alter_table("playbook_triggers", schema=None) as batch_op:
        batch_op.create_index("ix_playbook_triggers_open", ["dispatched_at", "due_at"], unique=False)

    op.create_table(
        "account_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["login"], ["account_users.login"], name=op.f("fk_account_sessions_login_account_users")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_sessions")),
    )
    with op.batch_alter_table("account_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_sessions_login"), ["login"], unique=False)

    op.create_table(
        "case_alerts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("resolution", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(length=160), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("tlp", sa.Integer(), nullable=False),
        sa.Column("pap", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=256), nullable=False),
        sa.Column("rule_name", sa.String(length=512), nullable=False),
        sa.Column("rule_kind", sa.String(length=32), nullable=False),
        sa.Column("rule_version", sa.String(length=128), nullable=False),
        sa.Column("group_field", sa.String(length=256), nullable=False),
        sa.Column("group_key", sa.String(length=1024), nullable=False),
        sa.Column("host", sa.String(length=256), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("in_progress_at", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=160), nullable=True),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("status_before_import", sa.String(length=16), nullable=True),
        sa.Column("previous_id", sa.String(length=40), nullable=True),
        sa.Column("techniques", sa.JSON(), nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("custom_fields", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_cases.id"], name=op.f("fk_case_alerts_case_id_case_cases")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["case_alerts.id"], name=op.f("fk_case_alerts_previous_id_case_alerts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_alerts")),
        sa.UniqueConstraint("number", name=op.f("uq_case_alerts_number")),
    )
    with op.batch_alter_table("case_alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_alerts_assignee"), ["assignee"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_alerts_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_alerts_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_alerts_last_at"), ["last_at"], unique=False)
        batch_op.create_index(
            "ix_case_alerts_rule_id_group_key_status", ["rule_id", "group_key", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_case_alerts_severity"), ["severity"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_alerts_status"), ["status"], unique=False)

    op.create_table(
        "case_attachments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=128), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sha1", sa.String(length=40), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_cases.id"], name=op.f("fk_case_attachments_case_id_case_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_attachments")),
    )
    with op.batch_alter_table("case_attachments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_attachments_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_attachments_sha256"), ["sha256"], unique=False)

    op.create_table(
        "case_tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("group", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("assignee", sa.String(length=160), nullable=True),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_cases.id"], name=op.f("fk_case_tasks_case_id_case_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_tasks")),
    )
    with op.batch_alter_table("case_tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_tasks_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_techniques",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("technique_id", sa.String(length=16), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_cases.id"], name=op.f("fk_case_techniques_case_id_case_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_techniques")),
        sa.UniqueConstraint("case_id", "technique_id", name=op.f("uq_case_techniques_case_id")),
    )
    with op.batch_alter_table("case_techniques", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_techniques_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_timeline",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_id", sa.String(length=512), nullable=True),
        sa.Column("created_by", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_cases.id"], name=op.f("fk_case_timeline_case_id_case_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_timeline")),
    )
    with op.batch_alter_table("case_timeline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_timeline_case_id"), ["case_id"], unique=False)

    op.create_table(
        "ingest_refusals",
        sa.Column("source", sa.String(length=512), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["ingest_sources.id"], name=op.f("fk_ingest_refusals_source_ingest_sources")
        ),
        sa.PrimaryKeyConstraint("source", "reason", name=op.f("pk_ingest_refusals")),
    )
    with op.batch_alter_table("ingest_refusals", schema=None) as batch_op:
        batch_op.create_index("ix_ingest_refusals_source", ["source"], unique=False)

    op.create_table(
        "intel_indicators",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.BigInteger(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_info", sa.Text(), nullable=False),
        sa.Column("valid_until_at", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["intel_feeds.id"], name=op.f("fk_intel_indicators_feed_id_intel_feeds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intel_indicators")),
    )
    with op.batch_alter_table("intel_indicators", schema=None) as batch_op:
        batch_op.create_index("ix_intel_indicators_feed_kind", ["feed_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_intel_indicators_key_hash"), ["key_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_intel_indicators_revision"), ["revision"], unique=False)

    op.create_table(
        "playbook_steps",
        sa.Column("run_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("output", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["playbook_runs.id"],
            name=op.f("fk_playbook_steps_run_id_playbook_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_playbook_steps")),
    )
    op.create_table(
        "case_alert_events",
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=512), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["case_alerts.id"], name=op.f("fk_case_alert_events_alert_id_case_alerts")
        ),
        sa.PrimaryKeyConstraint("alert_id", "event_id", name=op.f("pk_case_alert_events")),
    )


def downgrade() -> None:
    """Take the schema back to the version before."""
    op.drop_table("case_alert_events")
    op.drop_table("playbook_steps")
    with op.batch_alter_table("intel_indicators", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intel_indicators_revision"))
        batch_op.drop_index(batch_op.f("ix_intel_indicators_key_hash"))
        batch_op.drop_index("ix_intel_indicators_feed_kind")

    op.drop_table("intel_indicators")
    with op.batch_alter_table("ingest_refusals", schema=None) as batch_op:
        batch_op.drop_index("ix_ingest_refusals_source")

    op.drop_table("ingest_refusals")
    with op.batch_alter_table("case_timeline", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_timeline_case_id"))

    op.drop_table("case_timeline")
    with op.batch_alter_table("case_techniques", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_techniques_case_id"))

    op.drop_table("case_techniques")
    with op.batch_alter_table("case_tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_tasks_case_id"))

    op.drop_table("case_tasks")
    with op.batch_alter_table("case_attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_attachments_sha256"))
        batch_op.drop_index(batch_op.f("ix_case_attachments_case_id"))

    op.drop_table("case_attachments")
    with op.batch_alter_table("case_alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_alerts_status"))
        batch_op.drop_index(batch_op.f("ix_case_alerts_severity"))
        batch_op.drop_index("ix_case_alerts_rule_id_group_key_status")
        batch_op.drop_index(batch_op.f("ix_case_alerts_last_at"))
        batch_op.drop_index(batch_op.f("ix_case_alerts_created_at"))
        batch_op.drop_index(batch_op.f("ix_case_alerts_case_id"))
        batch_op.drop_index(batch_op.f("ix_case_alerts_assignee"))

    op.drop_table("case_alerts")
    with op.batch_alter_table("account_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_sessions_login"))
        batch_op.drop_index(batch_op.f("ix_account_sessions_expires_at"))

    op.drop_table("account_sessions")
    with op.batch_alter_table("playbook_triggers", schema=None) as batch_op:
        batch_op.drop_index("ix_playbook_triggers_open")

    op.drop_table("playbook_triggers")
    with op.batch_alter_table("playbook_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_playbook_runs_subject")
        batch_op.drop_index("ix_playbook_runs_status")

    op.drop_table("playbook_runs")
    op.drop_table("playbook_executors")
    with op.batch_alter_table("playbook_decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_playbook_decisions_subject")
        batch_op.drop_index(batch_op.f("ix_playbook_decisions_run_id"))

    op.drop_table("playbook_decisions")
    with op.batch_alter_table("playbook_alert_traits", schema=None) as batch_op:
        batch_op.drop_index("ix_playbook_alert_traits_value")

    op.drop_table("playbook_alert_traits")
    op.drop_table("intel_warninglists")
    op.drop_table("intel_revisions")
    op.drop_table("intel_feeds")
    op.drop_table("ingest_sources")
    op.drop_table("ingest_enrolment_tokens")
    with op.batch_alter_table("ingest_agents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ingest_agents_name"))

    op.drop_table("ingest_agents")
    with op.batch_alter_table("enrich_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrich_jobs_status"))
        batch_op.drop_index(batch_op.f("ix_enrich_jobs_observable_id"))
        batch_op.drop_index("ix_enrich_jobs_cache")

    op.drop_table("enrich_jobs")
    with op.batch_alter_table("detect_windows", schema=None) as batch_op:
        batch_op.drop_index("ix_detect_windows_newest_at")

    op.drop_table("detect_windows")
    with op.batch_alter_table("detect_silences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detect_silences_until_at"))

    op.drop_table("detect_silences")
    op.drop_table("detect_rules")
    op.drop_table("detect_offsets")
    with op.batch_alter_table("case_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_tags_tag"))

    op.drop_table("case_tags")
    with op.batch_alter_table("case_observables", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_observables_value"))

    op.drop_table("case_observables")
    op.drop_table("case_counters")
    with op.batch_alter_table("case_comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_comments_subject_id"))

    op.drop_table("case_comments")
    with op.batch_alter_table("case_cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_cases_status"))
        batch_op.drop_index(batch_op.f("ix_case_cases_created_at"))
        batch_op.drop_index(batch_op.f("ix_case_cases_assignee"))

    op.drop_table("case_cases")
    op.drop_table("account_users")
    op.drop_table("account_setup_tokens")
    with op.batch_alter_table("account_audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_audit_subject"))
        batch_op.drop_index(batch_op.f("ix_account_audit_at"))
        batch_op.drop_index(batch_op.f("ix_account_audit_actor"))

    op.drop_table("account_audit")
    op.drop_table("account_api_keys")
