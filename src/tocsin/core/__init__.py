"""Words, ids, time, errors and fields that every other part shares."""
