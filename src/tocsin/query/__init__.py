"""One query tree, its readers and its writers."""
