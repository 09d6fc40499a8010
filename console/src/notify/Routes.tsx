import { Button } from "@mantine/core";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Route } from "../api/types";
import { type Column, Grid } from "../parts/Grid";
import { Empty, Loaded } from "../parts/State";
import { NOTIFY, useRoutes } from "./queries";

const COLUMNS: Column<Route>[] = [
  { key: "name", title: "Route", width: "minmax(110px, 1fr)", render: (r) => <b>{r.name}</b> },
  { key: "events", title: "Tells of", width: "minmax(140px, 2fr)", render: (r) => r.events.join(", ") },
  { key: "severity", title: "From", width: "70px", render: (r) => r.severity },
  { key: "only", title: "Only", width: "minmax(90px, 1fr)", render: (r) => [...r.rules, ...r.tags].join(", ") },
  { key: "channels", title: "To", width: "minmax(110px, 1fr)", render: (r) => r.channels.join(", ") },
  { key: "when", title: "When", width: "minmax(130px, 1fr)", render: when },
  { key: "do", title: "", width: "100px", render: (r) => <Remove route={r} /> },
];

function when(route: Route): string {
  const parts = [];
  if (!route.enabled) parts.push("off");
  if (route.digest_minutes) parts.push(`every ${route.digest_minutes} min`);
  if (route.quiet) parts.push(`quiet ${route.quiet.start}–${route.quiet.end} below ${route.quiet.below}`);
  return parts.join(", ") || "at once";
}

/** What is told to which channels. */
export function Routes() {
  const query = useRoutes();
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="There are no routes">
            A route says which events, from which severity, of which rules and tags, are told to which channels.
            Without one, only playbooks tell anybody.
          </Empty>
        ) : (
          <Grid label="Routes" rows={items} columns={COLUMNS} id={(r) => r.name} />
        )
      }
    </Loaded>
  );
}

function Remove({ route }: { route: Route }) {
  const may = useMay("notify:write");
  const remove = useChange(() => api.del(`/notify/routes/${route.name}`), [NOTIFY], "Removed");
  if (route.of_settings) return <span className="dim">in tocsin.toml</span>;
  if (!may) return null;
  return (
    <Button size="compact-xs" onClick={() => remove.mutate(undefined)} aria-label={`Remove ${route.name}`}>
      Remove
    </Button>
  );
}
