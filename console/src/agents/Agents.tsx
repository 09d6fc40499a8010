import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Agent, Page as List } from "../api/types";
import { bytes, count } from "../format/number";
import { useKeys } from "../keys/keys";
import { Status } from "../parts/Chip";
import { type Column, Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { AgentFlyout } from "./AgentFlyout";
import { Enrol } from "./Enrol";

const COLUMNS: Column<Agent>[] = [
  { key: "name", title: "Agent", width: "minmax(140px, 1.4fr)", render: (a) => <b>{a.name}</b> },
  { key: "status", title: "Status", width: "80px", render: (a) => <Status value={a.status} /> },
  { key: "seen", title: "Last seen", width: "80px", render: (a) => <Time at={a.last_seen_at} as="age" /> },
  {
    key: "os",
    spare: true,
    title: "System",
    width: "minmax(120px, 1fr)",
    render: (a) => <span title={a.os ?? ""}>{a.os}</span>,
  },
  {
    key: "addresses",
    title: "Addresses",
    width: "minmax(120px, 1fr)",
    render: (a) => <span className="mono">{a.addresses?.join(", ")}</span>,
  },
  { key: "version", spare: true, title: "Version", width: "70px", render: (a) => a.version },
  {
    key: "mark",
    spare: true,
    title: "Acknowledged",
    width: "100px",
    align: "right",
    render: (a) => count(a.mark),
  },
  {
    key: "spool",
    spare: true,
    title: "Waiting in spool",
    width: "150px",
    align: "right",
    render: (a) => (a.spool ? `${count(a.spool.records ?? 0)} records, ${bytes(a.spool.bytes ?? 0)}` : "–"),
  },
  {
    key: "refused",
    spare: true,
    title: "Refused",
    width: "70px",
    align: "right",
    render: (a) => (
      <span style={{ color: a.spool?.refused ? "var(--sev-2)" : undefined }}>
        {count(a.spool?.refused ?? 0)}
      </span>
    ),
  },
];

export function Agents() {
  const { get, set } = useUrl();
  const may = useMay("agents:write");
  const [enrolling, setEnrolling] = useState(false);
  const query = useQuery({
    queryKey: ["agents"],
    queryFn: () => api.get<List<Agent>>("/agents", { limit: 500 }),
  });
  const open = get("open");
  useKeys({ escape: () => set({ open: null }) });
  return (
    <Page
      title="Agents"
      actions={
        may && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => setEnrolling(true)}>
            Enrol an agent
          </Button>
        )
      }
    >
      <div className="column">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No agent is enrolled">
                An agent sends a host's logs, watches its files and ports, and keeps what it could not send
                yet. Make a token with the button above and run the command it shows on the host.
              </Empty>
            ) : (
              <Grid
                label="Agents"
                rows={items}
                columns={COLUMNS}
                id={(a) => a.id}
                openId={open}
                onOpen={(a) => set({ open: a.id }, open !== "")}
              />
            )
          }
        </Loaded>
      </div>
      {open && <AgentFlyout key={open} id={open} onClose={() => set({ open: null })} />}
      <Enrol opened={enrolling} onClose={() => setEnrolling(false)} />
    </Page>
  );
}
