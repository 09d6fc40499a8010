"""The options of ElastAlert rules: which we honour, which belong to other parts, which we refuse and why.

Source: the option names of ElastAlert 2's public documentation. ElastAlert itself ignores a name it does
not know, so a typing error changes what a rule does without a word; here it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from tocsin.core.suggestion import did_you_mean

_RULE = (
    "name",
    "type",
    "index",
    "filter",
    "import",
    "description",
    "priority",
    "is_enabled",
    "alert",
    "tags",
    "tocsin",
    "query_key",
    "compare_key",
    "timestamp_field",
    "include",
    "top_count_keys",
    "top_count_number",
    "raw_count_keys",
    "match_enhancements",
    "run_enhancements_first",
)

_KINDS = (
    "num_events",
    "timeframe",
    "attach_related",
    "blacklist",
    "whitelist",
    "ignore_null",
    "spike_height",
    "spike_type",
    "threshold_ref",
    "threshold_cur",
    "alert_on_new_data",
    "field_value",
    "threshold",
    "forget_keys",
    "fields",
    "terms_window_size",
    "window_step_size",
    "alert_on_missing_field",
    "cardinality_field",
    "max_cardinality",
    "min_cardinality",
    "metric_agg_key",
    "metric_agg_type",
    "metric_format_string",
    "percentile_range",
    "max_threshold",
    "min_threshold",
    "match_bucket_filter",
    "min_percentage",
    "max_percentage",
    "min_denominator",
    "percentage_format_string",
    "bucket_interval",
    "sync_bucket_interval",
    "min_doc_count",
    "terms_size",
    "use_count_query",
    "use_terms_query",
)

_BASELINES = (
    "window",
    "learn",
    "rare_below",
    "compare",
    "deviation",
    "least_difference",
    "direction",
    "silence",
    "factor",
)
"""Of our kinds that learn what is usual."""

_TIMES = (
    "run_every",
    "buffer_time",
    "query_delay",
    "scan_entire_timeframe",
    "use_run_every_query_size",
    "allow_buffer_time_overlap",
    "limit_execution",
    "limit_execution_coverage",
    "old_query_limit",
    "realert",
    "realert_key",
    "exponential_realert",
    "aggregation",
    "aggregation_key",
    "aggregate_by_match_time",
    "aggregation_alert_time_compared_with_timestamp_field",
    "alert_time_limit",
)

_WORDS = (
    "alert_subject",
    "alert_subject_args",
    "alert_subject_max_len",
    "alert_text",
    "alert_text_args",
    "alert_text_kw",
    "alert_text_type",
    "alert_missing_value",
    "jinja_root_name",
    "include_match_in_root",
    "include_rule_params_in_matches",
    "include_rule_params_in_first_match_only",
    "summary_table_fields",
    "summary_table_headers",
    "summary_table_type",
    "summary_table_max_rows",
    "summary_prefix",
    "summary_suffix",
)

HONOURED = frozenset(_RULE + _KINDS + _BASELINES + _TIMES + _WORDS)
"""Options that change what the rule does here."""

_CONNECTION = (
    "max_query_size",
    "max_scrolling_count",
    "scroll_keepalive",
    "use_strftime_index",
    "search_extra_index",
    "timestamp_type",
    "timestamp_format",
    "_source_enabled",
    "doc_type",
    "use_ssl",
    "verify_certs",
    "ca_certs",
    "client_cert",
    "client_key",
    "ssl_show_warn",
    "initial_starttime",
    "custom_timestamp_field",
    "query_timezone",
    "use_keyword_postfix",
    "query_key_values",
    "max_scrolling",
    "replace_dots_in_field_names",
    "notify_alert",
    "notify_all_errors",
    "max_threads",
    "misfire_grace_time",
)

_TELLING = (
    "use_local_time",
    "custom_pretty_ts_format",
    "owner",
    "category",
    "generate_kibana_discover_url",
    "generate_opensearch_discover_url",
    "notify_email",
    "email",
    "from_addr",
    "cc",
    "bcc",
    "debug",
    "skip_invalid",
    "metadata",
    "generate",
)

_NO_EFFECT = frozenset(_CONNECTION + _TELLING)
"""Known to ElastAlert; how to reach Elasticsearch or how a message looks, so nothing follows here."""

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
    "jinja_filters": "they are Python functions loaded by name",
    "rules_loader": "it loads a Python module by name",
    "jinja_template_path": "it reads another file; write the text into alert_text",
    "metric_agg_script": "it is Painless, which only Elasticsearch runs",
}
"""Options that make a rule refused, with the reason."""


_KNOWN = HONOURED | _NO_EFFECT | REFUSED.keys()

MOST_UNKNOWN = 50
"""Unknown options that are told: looking for what was meant takes time."""


def unknown_options(names: Iterable[str]) -> dict[str, str]:
    """Return the first option names nobody knows, each with a hint at the likely intended one or nothing."""
    unknown = (name for name in names if name not in _KNOWN and not name.startswith(_PREFIXES))
    return {name: _HINTS.get(name) or did_you_mean(name, _KNOWN) for name in islice(unknown, MOST_UNKNOWN)}


_HINTS = {
    "query_string": "; a query stands in the list under filter: without one the rule is about every event",
    "query": "; a query stands in the list under filter: without one the rule is about every event",
}
"""What to do about names that are right elsewhere."""
