/** States that can be gone back to and forward again. */
export interface History<T> {
  past: T[];
  now: T;
  future: T[];
}

const MOST = 100;

export function begin<T>(now: T): History<T> {
  return { past: [], now, future: [] };
}

/** Go on to another state; the same state again is none. */
export function go<T>(history: History<T>, next: T): History<T> {
  if (JSON.stringify(next) === JSON.stringify(history.now)) return history;
  return { past: [...history.past, history.now].slice(-MOST), now: next, future: [] };
}

export function undo<T>(history: History<T>): History<T> {
  const last = history.past.at(-1);
  if (last === undefined) return history;
  return { past: history.past.slice(0, -1), now: last, future: [history.now, ...history.future] };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...rest] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.now], now: next, future: rest };
}
