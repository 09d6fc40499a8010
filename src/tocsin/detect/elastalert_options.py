"""The options of ElastAlert rules: which we honour, which belong to other parts, which we refuse and why.

Source: the option names of ElastAlert 2's public documentation. ElastAlert itself ignores a name it does
not know, so a typing error changes what a rule does without a word; here it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

HONOURED = frozenset(
    {
        "name",
        "type",
        "index",
        "filter",
        "query_key",
        "num_events",
        "timeframe",
        "realert",
        "description",
        "priority",
        "is_enabled",
        "alert",
        "alert_subject",
        "alert_subject_args",
        "generate",
        "tags",
        "attach_related",
        "tocsin",
    }
)
"""Options that change what the rule does here."""

_SCHEDULE = (
    "run_every",
    "buffer_time",
    "query_delay",
    "scan_entire_timeframe",
    "max_query_size",
    "max_scrolling_count",
    "scroll_keepalive",
    "use_run_every_query_size",
    "use_strftime_index",
    "search_extra_index",
    "timestamp_field",
    "timestamp_type",
    "timestamp_format",
    "_source_enabled",
    "include",
    "top_count_keys",
    "top_count_number",
    "raw_count_keys",
    "use_keyword_postfix",
    "limit_execution",
    "limit_execution_coverage",
    "use_local_time",
    "owner",
    "category",
    "import_from",
    "initial_starttime",
    "old_query_limit",
    "custom_timestamp_field",
    "terms_size",
    "doc_type",
    "use_ssl",
    "verify_certs",
    "ca_certs",
    "client_cert",
    "client_key",
    "ssl_show_warn",
    "skip_invalid",
    "query_timezone",
    "custom_pretty_ts_format",
    "metadata",
)

_ALERT = (
    "alert_text",
    "alert_text_args",
    "alert_text_kw",
    "alert_text_type",
    "alert_missing_value",
    "alert_subject_max_len",
    "alert_text_jinja",
    "jinja_root_name",
    "jinja_template_path",
    "alert_time_limit",
    "alert_on_missing_field",
    "aggregation",
    "aggregation_key",
    "aggregate_by_match_time",
    "aggregation_alert_time_compared_with_timestamp_field",
    "summary_table_fields",
    "summary_table_type",
    "summary_table_max_rows",
    "summary_prefix",
    "summary_suffix",
    "notify_email",
    "include_match_in_root",
    "include_rule_params_in_matches",
    "include_rule_params_in_first_match_only",
    "realert_key",
    "exponential_realert",
    "run_enhancements_first",
    "email",
    "from_addr",
    "cc",
    "bcc",
    "smtp_host",
    "smtp_port",
    "smtp_ssl",
    "smtp_auth_file",
    "debug",
    "generate_kibana_discover_url",
)

_COUNTING = ("use_count_query", "use_terms_query", "query_key_values")
"""They save ElastAlert queries at the price of late events; here every event is counted as it comes."""

_NO_EFFECT = frozenset(_SCHEDULE + _ALERT + _COUNTING)
"""Known to ElastAlert; detection follows the log and notification is another part, so nothing follows."""

_PREFIXES = (
    "es_",
    "kibana_",
    "opensearch_",
    "slack_",
    "mattermost_",
    "email_",
    "smtp_",
    "http_post_",
    "http_post2_",
    "pagerduty_",
    "opsgenie_",
    "jira_",
    "hive_",
    "iris_",
    "ms_teams_",
    "ms_power_automate_",
    "telegram_",
    "discord_",
    "googlechat_",
    "rocket_chat_",
    "servicenow_",
    "alertmanager_",
    "gelf_",
    "sns_",
    "sqs_",
    "ses_",
    "aws_",
    "twilio_",
    "victorops_",
    "exotel_",
    "webex_",
    "matrixhookshot_",
    "zbx_",
    "alerta_",
    "chatwork_",
    "datadog_",
    "dingtalk_",
    "lark_",
    "linenotify_",
    "workwechat_",
    "pagertree_",
    "stomp_",
    "tencent_sms_",
    "yzj_",
    "gitter_",
    "flashduty_",
    "smseagle_",
    "shorten_",
    "bucket_",
    "metric_",
    "statsd_",
    "profile",
    "boto_",
)
"""What the options of one service or connection begin with."""

REFUSED = {
    "timestamp_to_datetime_format_expr": "it is Python that would be executed",
    "datetime_to_timestamp_expr": "it is Python that would be executed",
    "timestamp_format_expr": "it is Python that would be executed",
    "command": "it runs a command on the server; let a playbook with a responder do that",
    "match_enhancements": "it loads Python modules by name; let a playbook change or close the alert",
    "rules_loader": "it loads a Python module by name",
    "import": "it reads other files; write the options into the rule",
}
"""Options that make a rule refused, with the reason."""

UNSAFE_ALERTERS = {"command": "the command alerter runs a command on the server"}

def unknown_options(names: Iterable[str]) -> dict[str, str]:
    """Return the option names nobody knows, each with the likely intended one or nothing."""
    known = sorted(HONOURED | _NO_EFFECT | set(REFUSED))
    return {
        name: (get_close_matches(name, known, n=1, cutoff=0.7) or [""])[0]
        for name in names
        if name not in known and not name.startswith(_PREFIXES)
    }
