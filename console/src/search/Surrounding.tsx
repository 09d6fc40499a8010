import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useAround } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { clause } from "../format/lucene";
import { text } from "../format/number";
import { Grid } from "../parts/Grid";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import type { SearchState } from "./state";

const MINUTE = 60_000;

/** What happened just before and after on the same host or in the same source, whatever the query. */
export function Surrounding({ event, state }: { event: TocsinEvent; state: SearchState }) {
  const [n, setN] = useState(10);
  const [by, setBy] = useState("host");
  const query = useAround(event.id, n, by);
  const host = text(event.fields["host.name"]);
  const at = Date.parse(event["@timestamp"]);
  const search = () =>
    state.set({
      q: by === "host" && host ? clause("host.name", host) : clause("event.source", event.source),
      from: new Date(at - 5 * MINUTE).toISOString(),
      to: new Date(at + 5 * MINUTE).toISOString(),
      sort: null,
    });
  return (
    <>
      <div className="toolbar">
        <SegmentedControl
          aria-label="Surrounding by"
          value={by}
          onChange={setBy}
          data={[
            { value: "host", label: host ? `Host ${host}` : "Host" },
            { value: "source", label: "Lines beside it" },
          ]}
        />
        <Button onClick={search}>Search 5 minutes around</Button>
      </div>
      <Loaded query={query}>
        {({ items }) => (
          <>
            <Grid
              label="Surrounding events"
              rows={items}
              id={(one) => one.id}
              keys={false}
              most={22}
              openId={event.id}
              onOpen={(one) => state.set({ event: one.id }, true)}
              columns={[
                {
                  key: "at",
                  title: "Time",
                  width: "172px",
                  render: (e) => (
                    <span className="mono">
                      <Time at={e["@timestamp"]} as="ms" />
                    </span>
                  ),
                },
                {
                  key: "message",
                  title: "Message",
                  width: "minmax(300px, 1fr)",
                  render: (e) => (
                    <span className="mono" title={e.message}>
                      {e.message}
                    </span>
                  ),
                },
              ]}
            />
            <div className="pad">
              <Button onClick={() => setN(n * 2)} disabled={n >= 160}>
                More: {n * 2} before and after
              </Button>
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}
