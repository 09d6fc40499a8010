"""Record to event: pre-decoding, decoders, pattern dialects and prefilter."""
