"""The Lumberjack protocol, by which Beats and Logstash send: frames, documents, connections."""
