"""The demo: a scenario of ours, run through a real platform and a real agent on this host."""
