import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client";
import type { Page as List, Source } from "../api/types";
import { clause } from "../format/lucene";
import { count } from "../format/number";
import { duration } from "../format/time";
import { useKeys } from "../keys/keys";
import { type Column, Grid } from "../parts/Grid";
import { Facts, Page, Section } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { ledger } from "./ledger";

const COLUMNS: Column<Source>[] = [
  {
    key: "name",
    title: "Source",
    width: "minmax(140px, 2fr)",
    render: (s) => <b title={s.name}>{s.name || s.id}</b>,
  },
  { key: "kind", title: "Kind", width: "90px", render: (s) => s.kind },
  { key: "received", title: "Received", width: "90px", align: "right", render: (s) => count(s.received) },
  { key: "stored", title: "= Stored", width: "90px", align: "right", render: (s) => count(s.stored) },
  {
    key: "duplicates",
    spare: true,
    title: "+ Repeated",
    width: "90px",
    align: "right",
    render: (s) => count(s.duplicates),
  },
  {
    key: "refused",
    title: "+ Refused",
    width: "80px",
    align: "right",
    render: (s) => (
      <span style={{ color: s.refused ? "var(--sev-2)" : undefined, fontWeight: s.refused ? 600 : 400 }}>
        {count(s.refused)}
      </span>
    ),
  },
  {
    key: "missing",
    spare: true,
    title: "On the way",
    width: "84px",
    align: "right",
    render: (s) => count(ledger(s).missing),
  },
  {
    key: "lag",
    spare: true,
    title: "Lag",
    width: "70px",
    align: "right",
    render: (s) => (s.lag_ms === null || s.lag_ms === undefined ? "–" : duration(s.lag_ms)),
  },
  { key: "last", title: "Last record", width: "84px", render: (s) => <Time at={s.last_at} as="age" /> },
];

/** The ledger: per source, what was sent is stored, or repeated, or refused with a reason. */
export function Sources() {
  const { get, set } = useUrl();
  const query = useQuery({
    queryKey: ["sources"],
    queryFn: () => api.get<List<Source>>("/sources", { limit: 500 }),
  });
  const open = query.data?.items.find((source) => source.id === get("open"));
  useKeys({ escape: () => set({ open: null }) });
  return (
    <Page title="Sources">
      <div className="column">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing sends yet">
                Enrol an <Link to="/agents">agent</Link>, point syslog at Tocsin, send to its
                Elasticsearch-style _bulk, or run <code>tocsin import FILE</code>.
              </Empty>
            ) : (
              <Grid
                label="Sources"
                rows={items}
                columns={COLUMNS}
                id={(s) => s.id}
                openId={open?.id}
                onOpen={(s) => set({ open: s.id }, open !== undefined)}
              />
            )
          }
        </Loaded>
      </div>
      {open && (
        <aside className="flyout" aria-label="Source">
          <Section
            title={open.name || open.id}
            aside={
              <Link to={`/search?q=${encodeURIComponent(clause("event.source", open.id))}`}>Its events</Link>
            }
          >
            <Facts
              items={[
                ["Received", count(open.received)],
                ["Stored", count(open.stored)],
                ["Repeated", `${count(open.duplicates)} (sent again, stored once)`],
                ["Refused", count(open.refused)],
                ["Acknowledged up to", count(open.mark)],
              ]}
            />
          </Section>
          <Section title="Refused, and why">
            {open.refusals.length === 0 && <span className="dim">Nothing was refused.</span>}
            {open.refusals.map((refusal) => (
              <div
                key={refusal.reason}
                style={{ display: "grid", gridTemplateColumns: "70px minmax(0, 1fr) 70px", gap: 10 }}
              >
                <b className="right">{count(refusal.count)}</b>
                <span className="pre">{refusal.reason}</span>
                <Time at={refusal.last_at} as="age" />
              </div>
            ))}
          </Section>
        </aside>
      )}
    </Page>
  );
}
