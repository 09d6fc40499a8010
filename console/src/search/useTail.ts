import { useCallback, useEffect, useRef, useState } from "react";
import { tail } from "../api/events";
import { onAnnounced } from "../api/stream";
import { type Buffer, EMPTY, taken } from "./buffer";

/** A look at least so often, should the announcements of the platform not arrive. */
const LOOK_MS = 5_000;
/** Under load announcements come by the hundred; looking more often than this shows nothing sooner. */
const PAUSE_MS = 700;

export interface Tail {
  buffer: Buffer;
  error: unknown;
  isPaused: boolean;
  setPaused: (paused: boolean) => void;
  clear: () => void;
}

/** Follow what arrives and fits the query, while `on`; paused, nothing is asked for. */
export function useTail(q: string, on: boolean): Tail {
  const [buffer, setBuffer] = useState<Buffer>(EMPTY);
  const [error, setError] = useState<unknown>(null);
  const [isPaused, setPaused] = useState(false);
  const after = useRef<number | null>(null);
  // Another query begins anew, at the end of the log.
  useEffect(() => {
    after.current = null;
    setBuffer(EMPTY);
    setError(null);
    if (!on) setPaused(false);
  }, [q, on]);
  useEffect(() => {
    if (!on || isPaused) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let isAnnounced = false;
    const later = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(ask, ms);
    };
    async function ask() {
      isAsking = true;
      isAnnounced = false;
      try {
        const answer = await tail(q, after.current, stop.signal);
        if (stop.signal.aborted) return;
        after.current = answer.commit;
        setError(null);
        if (answer.items.length || answer.dropped || answer.skipped) setBuffer((old) => taken(old, answer));
        later(answer.more ? 0 : isAnnounced ? PAUSE_MS : LOOK_MS);
      } catch (problem) {
        if (stop.signal.aborted) return;
        setError(problem);
        later(LOOK_MS);
      } finally {
        isAsking = false;
      }
    }
    const forget = onAnnounced("commit", () => {
      if (!isAnnounced && !isAsking) later(PAUSE_MS);
      isAnnounced = true;
    });
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
      forget();
    };
  }, [q, on, isPaused]);
  const clear = useCallback(() => setBuffer(EMPTY), []);
  return { buffer, error, isPaused, setPaused, clear };
}
