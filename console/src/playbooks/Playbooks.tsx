import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api } from "../api/client";
import type { Page as List, Playbook, Run } from "../api/types";
import { useKeys } from "../keys/keys";
import { Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { useUrl } from "../url/state";
import { PlaybookFlyout } from "./PlaybookFlyout";
import { RunTable } from "./RunTable";

const TABS = [
  { key: "playbooks", title: "Playbooks" },
  { key: "runs", title: "Runs" },
];

export function Playbooks() {
  const { get, set } = useUrl();
  const tab = get("tab", "playbooks");
  useKeys({ escape: () => set({ open: null }) });
  return (
    <Page title="Playbooks">
      <div className="column">
        <Tabs tabs={TABS} at={tab} onPick={(key) => set({ tab: key, open: null })} />
        {tab === "runs" ? <AllRuns /> : <PlaybookList />}
      </div>
      {get("open") && (
        <PlaybookFlyout key={get("open")} name={get("open")} onClose={() => set({ open: null })} />
      )}
    </Page>
  );
}

function AllRuns() {
  const go = useNavigate();
  const query = useQuery({
    queryKey: ["runs", "all"],
    queryFn: () => api.get<List<Run>>("/runs", { limit: 200 }),
  });
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing has run yet">
            A run starts when an alert opens that a playbook is triggered by, or by hand from an alert or
            case.
          </Empty>
        ) : (
          <RunTable runs={items} onOpen={(run) => void go(`/runs/${run.id}`)} />
        )
      }
    </Loaded>
  );
}

const stepsOf = ({ steps }: Playbook) => steps.map((step) => step.name).join(" → ");
const triggersOf = ({ triggers }: Playbook) =>
  triggers.map(({ event, when }) => (when ? `${event} when ${when}` : event)).join(", ");

function PlaybookList() {
  const { get, set } = useUrl();
  const query = useQuery({ queryKey: ["playbooks"], queryFn: () => api.get<List<Playbook>>("/playbooks") });
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No playbooks">
            They are YAML files in the content folder. One takes an alert from its observables to a decision
            with reasons.
          </Empty>
        ) : (
          <Grid
            label="Playbooks"
            rows={items}
            id={(playbook) => playbook.name}
            openId={get("open")}
            onOpen={(playbook) => set({ open: playbook.name }, get("open") !== "")}
            columns={[
              { key: "name", title: "Playbook", width: "minmax(120px, 1fr)", render: (p) => <b>{p.name}</b> },
              {
                key: "description",
                title: "What it does",
                width: "minmax(200px, 2fr)",
                render: (p) => <span title={p.description}>{p.description}</span>,
              },
              {
                key: "triggers",
                spare: true,
                title: "Triggered by",
                width: "minmax(120px, 1fr)",
                render: (p) => (
                  <span className="mono" title={triggersOf(p)}>
                    {triggersOf(p)}
                  </span>
                ),
              },
              {
                key: "steps",
                spare: true,
                title: "Steps",
                width: "minmax(200px, 2fr)",
                render: (p) => <span title={stepsOf(p)}>{stepsOf(p)}</span>,
              },
              {
                key: "version",
                spare: true,
                title: "Version",
                width: "90px",
                render: (p) => <span className="mono">{p.version?.slice(0, 10)}</span>,
              },
              {
                key: "problems",
                spare: true,
                title: "Problems",
                width: "minmax(80px, 1fr)",
                render: (p) => <span style={{ color: "var(--sev-2)" }}>{p.problems.join("; ")}</span>,
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
