"""The reader of Lumberjack's frames: no bytes break it, none make it hold more than a document."""

from __future__ import annotations

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.lumberjack import compressed, json_frame, pairs_frame, window
from tocsin.ingest.beats.documents import Documents
from tocsin.ingest.beats.frames import BadFrameError, Frame, FrameLimits, FrameReader, Sent

LIMITS = FrameLimits(window=1_000, document_bytes=200, payload_bytes=4_000, inflated_bytes=8_000, pairs=5)
HELD = 200 + 2 * 64 * 1024
RAWS = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"{}", b'{"a":1}', b"[]", b'{"a":' * 70 + b"1" + b"}" * 70]),
)
NUMBERS = st.integers(0, 2**32 - 1)
TEXTS = st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=5)
PLAIN = st.one_of(
    st.builds(json_frame, NUMBERS, RAWS),
    st.builds(pairs_frame, NUMBERS, TEXTS, st.sampled_from([1, 2])),
)
FRAMES = st.one_of(
    PLAIN,
    st.builds(window, st.integers(0, 1_200), st.sampled_from([1, 2])),
    st.lists(PLAIN, max_size=5).map(lambda frames: compressed(b"".join(frames))),
    st.builds(lambda length: b"2J" + struct.pack(">II", 1, length), NUMBERS),
    st.binary(max_size=30),
)
STREAMS = st.lists(FRAMES, max_size=8).map(b"".join)


def consume(data: bytes, cuts: list[int]) -> tuple[list[Frame], bool]:
    """Return the frames of a stream fed in pieces, and whether it was given up."""
    reader, frames = FrameReader(LIMITS), []
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    try:
        for start, end in pairwise(places):
            for frame in reader.feed(data[start:end]):
                frames.append(frame)  # noqa: PERF402 - what came before bad bytes counts
            assert len(reader._buffer) <= HELD
    except BadFrameError:
        return frames, True
    return frames, False


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=6))
def test_how_a_stream_is_cut_changes_nothing(data: bytes, cuts: list[int]) -> None:
    """Any bytes are read as frames or given up, the same however they arrive, within the limits."""
    frames, given_up = consume(data, cuts)
    assert (frames, given_up) == consume(data, [])
    sent = [frame for frame in frames if isinstance(frame, Sent)]
    assert all(frame.fault or len(frame.raw) <= 2_000 for frame in sent)


@given(st.lists(RAWS, max_size=20))
def test_any_document_is_named_or_refused(raws: list[bytes]) -> None:
    """No document breaks the connection it comes by; those that are not refused have names."""
    documents = Documents()
    for seq, raw in enumerate(raws, start=1):
        found = documents.read(Sent(2, seq, raw))
        assert bool(found.fault) != bool(found.offer.name)
