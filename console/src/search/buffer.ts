import type { TailAnswer, TocsinEvent } from "../api/types";

/** Events a live tail holds; older ones give way. */
export const MOST_LIVE = 2_000;

/** What a live tail shows, newest first, and what it has left out. */
export interface Buffer {
  rows: TocsinEvent[];
  /** Events that came since the start. */
  received: number;
  /** Events that were too many for one answer, and so never came. */
  dropped: number;
  /** Events that gave way to newer ones. */
  forgotten: number;
  /** Commits passed over because the tail was too far behind. */
  skipped: number;
}

export const EMPTY: Buffer = { rows: [], received: 0, dropped: 0, forgotten: 0, skipped: 0 };

/** Put an answer into the buffer, which never holds more than `most`. */
export function taken(buffer: Buffer, answer: TailAnswer, most = MOST_LIVE): Buffer {
  const rows = [...answer.items.toReversed(), ...buffer.rows];
  return {
    rows: rows.slice(0, most),
    received: buffer.received + answer.items.length,
    dropped: buffer.dropped + answer.dropped,
    forgotten: buffer.forgotten + Math.max(0, rows.length - most),
    skipped: buffer.skipped + answer.skipped,
  };
}
