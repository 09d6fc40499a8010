"""The rule tree that classifies an event, and its state."""
