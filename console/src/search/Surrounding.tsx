import { Button } from "@mantine/core";
import { useState } from "react";
import { useAround } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { Grid } from "../parts/Grid";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import type { SearchState } from "./state";

/** What happened just before and after on the same host, whatever the query. */
export function Surrounding({ event, state }: { event: TocsinEvent; state: SearchState }) {
  const [n, setN] = useState(10);
  const query = useAround(event.id, n);
  return (
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
  );
}
