import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Channel, ChannelKind, Outbox, Page, Route } from "../api/types";

export const NOTIFY = ["notify"];

export function useChannels() {
  return useQuery({
    queryKey: [...NOTIFY, "channels"],
    queryFn: () => api.get<Page<Channel>>("/notify/channels"),
  });
}

export function useRoutes() {
  return useQuery({
    queryKey: [...NOTIFY, "routes"],
    queryFn: () => api.get<Page<Route>>("/notify/routes"),
  });
}

export function useKinds() {
  return useQuery({
    queryKey: [...NOTIFY, "kinds"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => api.get<{ items: ChannelKind[]; events: string[] }>("/notify/kinds"),
  });
}

/** The outbox moves by itself: it is asked for again every few seconds. */
export function useOutbox(status: string) {
  return useQuery({
    queryKey: [...NOTIFY, "outbox", status],
    refetchInterval: 5_000,
    queryFn: () => api.get<Outbox>("/notify/outbox", { status, limit: 200 }),
  });
}
