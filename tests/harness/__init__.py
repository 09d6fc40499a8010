"""What tests share: real processes to start, kill and ask."""
