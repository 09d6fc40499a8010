/** Counts the lines of a file as it comes, in pieces that may end anywhere. */
export class LineCounter {
  lines = 0;
  private quoted = false;

  /** In CSV a line break between quotes is part of a value. */
  constructor(private readonly csv: boolean) {}

  take(piece: Uint8Array) {
    for (const byte of piece) {
      if (this.csv && byte === 34) this.quoted = !this.quoted;
      else if (byte === 10 && !this.quoted) this.lines += 1;
    }
  }

  /** Events so far: of CSV the first line is the names of the columns. */
  get events(): number {
    return this.csv ? Math.max(0, this.lines - 1) : this.lines;
  }
}

export interface Progress {
  events: number;
  bytes: number;
}

/** Read an answer to its end, telling how far it is at most every 100 ms. */
export async function readAll(
  body: ReadableStream<Uint8Array>,
  csv: boolean,
  tell: (progress: Progress) => void,
): Promise<{ pieces: Uint8Array[]; progress: Progress }> {
  const counter = new LineCounter(csv);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let told = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    counter.take(value);
    bytes += value.length;
    if (performance.now() - told > 100) {
      told = performance.now();
      tell({ events: counter.events, bytes });
    }
  }
  return { pieces, progress: { events: counter.events, bytes } };
}
