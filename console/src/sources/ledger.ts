import type { Source } from "../api/types";

type Counts = Pick<Source, "received" | "stored" | "duplicates" | "refused">;

/** Received = stored + repeated + refused + what is still on its way (never less than nothing). */
export function ledger(source: Counts) {
  const accounted = source.stored + source.duplicates + source.refused;
  return { accounted, missing: Math.max(0, source.received - accounted) };
}

/** The counts of all sources together. */
export function sum(sources: (Counts & Pick<Source, "lost">)[]) {
  const total = { received: 0, stored: 0, duplicates: 0, refused: 0, lost: 0 };
  for (const source of sources) {
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += source[name];
  }
  return { ...total, missing: ledger(total).missing };
}

/** Whether a source has the words in its name, id or kind. */
export function matches(source: Pick<Source, "id" | "name" | "kind">, words: string): boolean {
  const text = `${source.id} ${source.name} ${source.kind}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
