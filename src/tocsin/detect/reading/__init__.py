"""Read the options of ElastAlert rules: what a kind is set to, when it asks, how it words its alerts."""
