import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { url } from "./client";

export type Liveness = "connecting" | "live" | "lost";

/** Which queries an announcement makes stale. */
const STALE: Record<string, string[]> = {
  alert: ["alerts", "overview", "similar"],
  case: ["cases", "overview", "similar"],
  run: ["runs", "decisions", "observables"],
  agent: ["agents"],
  source: ["sources"],
  commit: ["overview", "sources"],
  rules: ["rules"],
  intel: ["intel"],
};
const heard = new EventTarget();

/** Call `run` whenever something of the kind is announced, until the function returned is called. */
export function onAnnounced(kind: string, run: () => void): () => void {
  heard.addEventListener(kind, run);
  return () => heard.removeEventListener(kind, run);
}

/** Announcements come by the hundred under load; what they touch is refetched at most this often. */
const PAUSE_MS = 1500;

/** Gather announcements and refetch what they name, in one go per pause. */
export function gatherer(client: Pick<QueryClient, "invalidateQueries">, pauseMs = PAUSE_MS) {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const name of waiting) void client.invalidateQueries({ queryKey: [name] });
    waiting.clear();
  };
  return {
    tell(kind: string) {
      for (const name of STALE[kind] ?? []) waiting.add(name);
      timer ??= setTimeout(flush, pauseMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Follow the platform's live events while mounted. */
export function useStream(): Liveness {
  const client = useQueryClient();
  const [state, setState] = useState<Liveness>("connecting");
  useEffect(() => {
    const gather = gatherer(client);
    const source = new EventSource(url("/stream"));
    source.onopen = () => setState("live");
    source.onerror = () => setState("lost");
    for (const kind of Object.keys(STALE))
      source.addEventListener(kind, () => {
        gather.tell(kind);
        heard.dispatchEvent(new Event(kind));
      });
    return () => {
      source.close();
      gather.stop();
    };
  }, [client]);
  return state;
}
