"""Record to event: pre-decoding, decoders, pattern dialects and one pass over a log for all of them."""
