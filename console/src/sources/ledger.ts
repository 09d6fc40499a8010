import type { Source } from "../api/types";

/** Received = stored + repeated + refused + what is still on its way (never less than nothing). */
export function ledger(source: Pick<Source, "received" | "stored" | "duplicates" | "refused">) {
  const accounted = source.stored + source.duplicates + source.refused;
  return { accounted, missing: Math.max(0, source.received - accounted) };
}
