"""Rules that watch the commit log and open alerts."""
