import { clause } from "../format/lucene";

/** Where one event is shown, with the search narrowed to it. */
export function eventLink(id: string): string {
  const params = new URLSearchParams({ event: id, q: clause("_id", id), from: "now-90d" });
  return `/search?${params}`;
}
