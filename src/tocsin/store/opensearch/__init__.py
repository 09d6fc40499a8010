"""The event log on OpenSearch or Elasticsearch: what one machine has outgrown."""
