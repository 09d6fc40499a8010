"""How a rule is run over the log: on ElastAlert's grid of polls, or event by event."""
