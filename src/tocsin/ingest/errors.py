"""Why ingest refuses something; each class says what the sender should do."""

from __future__ import annotations

from tocsin.core.errors import DeniedError, InvalidError, TocsinError


class IngestError(TocsinError):
    """Something offered to ingest was not taken."""

    code = "ingest"


class BusyError(IngestError):
    """The queue is full: send the same again after `retry_after` seconds."""

    code = "busy"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NoRoomError(IngestError):
    """The event log has no room left on its disk: send the same again when there is."""

    code = "store-full"


class NotStoredError(IngestError):
    """The batch could not be committed: nothing of it is acknowledged, send it again."""

    code = "not-stored"


class StoppedError(IngestError):
    """The pipeline is stopping and takes nothing more."""

    code = "stopping"


class GapError(IngestError):
    """Records are missing between `mark`, the last durable one, and the first one sent."""

    code = "gap"

    def __init__(self, message: str, *, mark: int) -> None:
        super().__init__(message)
        self.mark = mark


class TooLargeError(IngestError):
    """More bytes than allowed, on the wire or after decompression."""

    code = "too-large"


class BadBatchError(InvalidError):
    """The bytes are no batch of records of this agent."""

    code = "bad-batch"


class UnknownKeyError(DeniedError):
    """The key or token is not known, used up, expired or revoked."""

    code = "unknown-key"


class ImportRefusedError(InvalidError):
    """The file as a whole cannot be read."""

    code = "import-refused"


class ListenError(IngestError):
    """An address to receive on cannot be had."""

    code = "listen"
