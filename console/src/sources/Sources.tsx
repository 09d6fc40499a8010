import { TextInput } from "@mantine/core";
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
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { ledger, matches, sum } from "./ledger";
import { Refusals } from "./Refusals";
import { WaysIn } from "./WaysIn";

const COLUMNS: Column<Source>[] = [
  {
    key: "name",
    title: "Source",
    width: "minmax(140px, 2fr)",
    render: (s) => <b title={s.name}>{s.name || s.id}</b>,
  },
  { key: "kind", title: "Kind", width: "90px", render: (s) => s.kind },
  {
    key: "waiting",
    spare: true,
    title: "Waiting",
    width: "76px",
    align: "right",
    render: (s) => (s.waiting === null ? "–" : count(s.waiting)),
  },
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
    key: "lost",
    spare: true,
    title: "Lost",
    width: "66px",
    align: "right",
    render: (s) => <span style={{ color: s.lost ? "var(--sev-3)" : undefined }}>{count(s.lost)}</span>,
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
    refetchInterval: 5_000,
  });
  const open = query.data?.items.find((source) => source.id === get("open"));
  useKeys({ escape: () => set({ open: null }) });
  const words = get("q") ?? "";
  return (
    <Page
      title="Sources"
      actions={
        <TextInput
          size="xs"
          aria-label="Find a source"
          placeholder="Find a source"
          value={words}
          onChange={(event) => set({ q: event.currentTarget.value || null }, true)}
        />
      }
    >
      <div className="column">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? <WaysIn /> : <Listed items={items} words={words} open={open} />
          }
        </Loaded>
      </div>
      {open && <SourceFlyout source={open} />}
    </Page>
  );
}

function Listed({ items, words, open }: { items: Source[]; words: string; open?: Source }) {
  const { set } = useUrl();
  const shown = items.filter((source) => matches(source, words));
  const total = sum(shown);
  return (
    <>
      <Grid
        label="Sources"
        rows={shown}
        columns={COLUMNS}
        id={(s) => s.id}
        openId={open?.id}
        onOpen={(s) => set({ open: s.id }, open !== undefined)}
      />
      <p className="pad dim" style={{ margin: 0 }}>
        {count(shown.length)} {shown.length === 1 ? "source" : "sources"}: {count(total.received)} received{" "}
        = {count(total.stored)} stored + {count(total.duplicates)} repeated + {count(total.refused)} refused (
        {count(total.lost)} of them lost) + {count(total.missing)} on the way
      </p>
    </>
  );
}

function SourceFlyout({ source }: { source: Source }) {
  return (
    <aside className="flyout" aria-label="Source">
      <Section
        title={source.name || source.id}
        aside={
          <Link to={`/search?q=${encodeURIComponent(clause("event.source", source.id))}`}>Its events</Link>
        }
      >
        <Facts
          items={[
            ["Source", <span className="mono">{source.id}</span>],
            ["Waiting there", source.waiting === null ? "it does not tell" : count(source.waiting)],
            ["Received", count(source.received)],
            ["Stored", count(source.stored)],
            ["Repeated", `${count(source.duplicates)} (sent again, stored once)`],
            ["Refused", `${count(source.refused)}, ${count(source.lost)} of them lost`],
            ["On the way", count(source.under_way)],
            ["Acknowledged up to", count(source.mark)],
            ["Lag", duration(source.lag_ms ?? 0)],
            ["Last record", <Time at={source.last_at} as="age" />],
          ]}
        />
      </Section>
      <Refusals source={source} />
    </aside>
  );
}
