"""The options of ElastAlert's alerters that are honoured, and those that nothing here can follow.

Source: the option names of ElastAlert 2's public documentation. A name that begins as a service's options do
and is in no table is reported, with the likely intended one.
"""

from __future__ import annotations

from collections.abc import Mapping


def _named(prefix: str, words: str) -> frozenset[str]:
    return frozenset(prefix + word for word in words.split())


HONOURED: Mapping[str, frozenset[str]] = {
    "email": _named(
        "",
        "email email_from_field email_add_domain email_format email_reply_to from_addr cc bcc "
        "smtp_host smtp_port smtp_ssl smtp_auth_file",
    ),
    "slack": _named(
        "slack_",
        "webhook_url username_override channel_override emoji_override icon_url_override msg_color "
        "text_string alert_fields title title_link",
    ),
    "mattermost": _named(
        "mattermost_",
        "webhook_url username_override channel_override emoji_override icon_url_override msg_pretext "
        "msg_color msg_fields title title_link",
    ),
    "rocketchat": _named(
        "rocket_chat_",
        "webhook_url username_override channel_override emoji_override msg_color text_string alert_fields "
        "title title_link",
    ),
    "discord": _named("discord_", "webhook_url"),
    "telegram": _named("telegram_", "bot_token room_id api_url"),
    "ms_teams": _named("ms_teams_", "webhook_url alert_summary alert_facts"),
    "ms_power_automate": _named("ms_power_automate_", "webhook_url alert_summary alert_facts"),
    "googlechat": _named("googlechat_", "webhook_url"),
    "webex_webhook": _named("webex_", "webhook_id"),
    "dingtalk": _named("dingtalk_", "access_token"),
    "lark": _named("lark_", "bot_id"),
    "line": _named("line_", "channel_access_token to"),
    "workwechat": _named("work_wechat_", "bot_id"),
    "matrixhookshot": _named("matrixhookshot_", "webhook_url username text html"),
    "twilio": _named("twilio_", "account_sid auth_token from_number to_number"),
    "ses": _named("ses_", "email from_addr aws_access_key aws_secret_key aws_region") | {"aws_region"},
    "sns": _named("sns_", "topic_arn aws_access_key aws_secret_key aws_region") | {"aws_region"},
    "smseagle": _named("smseagle_", "url token to"),
    "pagertree": _named("pagertree_", "integration_url"),
    "pagerduty": _named(
        "pagerduty_",
        "service_key client_name incident_key incident_key_args api_version event_type "
        "v2_payload_class v2_payload_class_args v2_payload_component v2_payload_component_args "
        "v2_payload_group v2_payload_group_args v2_payload_severity v2_payload_source "
        "v2_payload_source_args v2_payload_custom_details v2_payload_include_all_info",
    ),
    "opsgenie": _named(
        "opsgenie_",
        "key addr account recipients recipients_args teams teams_args tags message description alias subject "
        "subject_args priority details source entity",
    ),
    "victorops": _named("victorops_", "api_key routing_key message_type entity_id entity_display_name"),
    "alertmanager": _named(
        "alertmanager_",
        "hosts alertname labels annotations fields alert_subject_labelname alert_text_labelname "
        "basic_auth_login basic_auth_password",
    ),
    "jira": _named(
        "jira_",
        "server project issuetype account_file component components label labels assignee description "
        "bump_tickets",
    ),
    "servicenow": _named(
        "",
        "servicenow_rest_url username password short_description comments assignment_group category "
        "subcategory cmdb_ci caller_id impact urgency",
    ),
    "post": _named("http_post_", "url payload static_payload all_values headers"),
    "post2": _named("http_post2_", "url payload static_payload all_values headers raw_fields"),
    "gelf": _named("gelf_", "type endpoint payload"),
    "datadog": _named("datadog_", "api_key app_key"),
    "alerta": _named(
        "alerta_",
        "api_url api_key event text resource environment severity origin group value service tags correlate",
    ),
    "exotel": _named("exotel_", "account_sid auth_token from_number to_number"),
    "yzj": _named("yzj_", "token webhook_url"),
}
"""What a service's options are turned into; a service that is not here is told by nothing."""

UNFOLLOWED: Mapping[str, frozenset[str]] = {
    "email": _named("", "smtp_cert_file smtp_key_file email_image_keys email_image_values assets_dir"),
    "slack": _named(
        "slack_",
        "parse_override proxy ignore_ssl_errors timeout ca_certs footer footer_icon image_url thumb_url "
        "author_name author_link author_icon msg_pretext attach_kibana_discover_url kibana_discover_color "
        "kibana_discover_title attach_opensearch_discover_url opensearch_discover_color "
        "opensearch_discover_title attach_jira_ticket_url jira_ticket_color jira_ticket_title",
    ),
    "mattermost": _named(
        "mattermost_",
        "proxy ignore_ssl_errors footer footer_icon image_url thumb_url author_name author_link author_icon "
        "attach_kibana_discover_url kibana_discover_color kibana_discover_title "
        "attach_opensearch_discover_url opensearch_discover_color opensearch_discover_title timeout ca_certs",
    ),
    "rocketchat": _named(
        "rocket_chat_",
        "proxy ignore_ssl_errors timeout ca_certs attach_kibana_discover_url kibana_discover_color "
        "kibana_discover_title attach_opensearch_discover_url opensearch_discover_color "
        "opensearch_discover_title",
    ),
    "discord": _named(
        "discord_", "emoji_title proxy proxy_login proxy_password embed_color embed_footer embed_icon_url"
    ),
    "telegram": _named("telegram_", "proxy proxy_login proxy_pass parse_mode thread_id"),
    "ms_teams": _named(
        "ms_teams_",
        "theme_color alert_fixed_width proxy ca_certs ignore_ssl_errors attach_kibana_discover_url "
        "kibana_discover_title attach_opensearch_discover_url opensearch_discover_title",
    ),
    "ms_power_automate": _named(
        "ms_power_automate_",
        "teams_card_width_full proxy ca_certs ignore_ssl_errors alert_summary_text_size body_text_size "
        "kibana_discover_attach_url kibana_discover_title kibana_discover_color "
        "opensearch_discover_attach_url opensearch_discover_title opensearch_discover_color",
    ),
    "googlechat": _named(
        "googlechat_",
        "format header_title header_subtitle header_image footer_kibanalink proxy",
    ),
    "webex_webhook": _named("webex_", "webhook_msgtype webhook_proxy"),
    "dingtalk": _named("dingtalk_", "msgtype single_title single_url btn_orientation btns sign proxy"),
    "lark": _named("lark_", "msgtype proxy"),
    "matrixhookshot": _named("matrixhookshot_", "proxy timeout ignore_ssl_errors ca_certs"),
    "twilio": _named("twilio_", "message_service_sid use_copilot"),
    "ses": _named("ses_", "aws_profile cc bcc"),
    "sns": _named("sns_", "aws_profile") | {"boto_profile", "aws_profile"},
    "smseagle": _named("smseagle_", "message_type to_contacts to_groups duration voice_id text"),
    "pagertree": _named("pagertree_", "proxy"),
    "pagerduty": _named("pagerduty_", "proxy ca_certs ignore_ssl_errors"),
    "opsgenie": _named("opsgenie_", "proxy default_recipients default_teams"),
    "victorops": _named("victorops_", "proxy"),
    "alertmanager": _named("alertmanager_", "proxy ca_certs ignore_ssl_errors timeout api_version"),
    "jira": _named(
        "jira_",
        "priority watchers max_age bump_after_inactivity bump_in_statuses bump_not_in_statuses bump_only "
        "transition_to ignore_in_title custom_fields verify_ssl",
    ),
    "servicenow": _named("servicenow_", "proxy"),
    "post": _named("http_post_", "proxy timeout ca_certs ignore_ssl_errors"),
    "post2": _named("http_post2_", "proxy timeout ca_certs ignore_ssl_errors"),
    "gelf": _named(
        "gelf_", "host port version log_level http_headers ca_cert http_ignore_ssl_errors timeout"
    ),
    "datadog": frozenset(),
    "alerta": _named(
        "alerta_",
        "api_skip_ssl use_qk_as_resource use_match_timestamp timeout type attributes_keys attributes_values "
        "new_style_string_format",
    ),
    "exotel": _named("exotel_", "message_body"),
    "yzj": _named("yzj_", "type proxy custom_loc"),
}
"""Known, and without effect: proxies and how certificates are checked are of the platform's settings."""
