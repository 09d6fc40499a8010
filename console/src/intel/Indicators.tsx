import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Indicator, Page } from "../api/types";
import { QueryBox } from "../parts/QueryBox";
import { Empty, ErrorBox, Rows } from "../parts/State";
import { useUrl } from "../url/state";
import { IndicatorTable } from "./IndicatorTable";

export function Indicators() {
  const { get, set } = useUrl();
  const params = { q: get("q"), kind: get("kind"), feed: get("feed") };
  const query = useInfiniteQuery({
    queryKey: ["intel", "indicators", params],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.get<Page<Indicator>>("/intel/indicators", { ...params, limit: 100, cursor: pageParam }),
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className="toolbar">
        <QueryBox value={params.q} onRun={(q) => set({ q })} placeholder="Part of a value, tag or comment" />
        {params.feed && (
          <button type="button" className="plain dim" onClick={() => set({ feed: null })}>
            feed: {params.feed} ✕
          </button>
        )}
      </div>
      {query.error ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Rows />
      ) : items.length === 0 ? (
        <Empty title="No indicators">
          Import a feed: CSV, free text or a MISP feed. Events are matched against indicators as they arrive.
        </Empty>
      ) : (
        <IndicatorTable
          items={items}
          onEnd={query.hasNextPage ? query.fetchNextPage : undefined}
          onOpen={(i) => set({ tab: "lookup", value: i.value })}
        />
      )}
    </>
  );
}
