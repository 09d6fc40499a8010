"""What leaves by mail, chat and webhook: channels, routes, and an outbox that loses and repeats nothing."""
