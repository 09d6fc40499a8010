"""What runs on an endpoint: collectors, spool and link."""
