import { Button, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCases } from "../api/cases";
import { useMay } from "../api/session";
import type { Case } from "../api/types";
import { useKeys } from "../keys/keys";
import { Status, Tags } from "../parts/Chip";
import { type Column, Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { QueryBox } from "../parts/QueryBox";
import { Severity } from "../parts/Severity";
import { Empty, ErrorBox, Rows } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { NewCase } from "./NewCase";

const TABS = [
  { key: "open", title: "Open", status: ["new", "in_progress"] },
  { key: "closed", title: "Closed", status: ["closed"] },
  { key: "all", title: "All", status: [] as string[] },
];

const COLUMNS: Column<Case>[] = [
  { key: "number", title: "Case", width: "54px", render: (c) => `#${c.number}` },
  {
    key: "severity",
    title: "Severity",
    width: "88px",
    sort: "-severity",
    render: (c) => <Severity level={c.severity} />,
  },
  {
    key: "title",
    title: "Title",
    width: "minmax(240px, 3fr)",
    render: (c) => <span title={c.title}>{c.title}</span>,
  },
  {
    key: "status",
    title: "Status",
    width: "minmax(100px, 1fr)",
    render: (c) => <Status value={c.status} resolution={c.resolution} />,
  },
  {
    key: "tasks",
    title: "Tasks",
    width: "64px",
    align: "right",
    render: (c) => (
      <Tooltip label={`${c.open_task_count} open of ${c.task_count}`}>
        <span>{`${c.task_count - c.open_task_count} / ${c.task_count}`}</span>
      </Tooltip>
    ),
  },
  { key: "alerts", title: "Alerts", width: "52px", align: "right", render: (c) => c.alert_count },
  {
    key: "observables",
    title: "Observables",
    width: "84px",
    align: "right",
    render: (c) => c.observable_count,
  },
  {
    key: "assignee",
    title: "Assignee",
    width: "84px",
    render: (c) => c.assignee ?? <span className="dim">–</span>,
  },
  {
    key: "age",
    title: "Age",
    width: "60px",
    sort: "-created_at",
    render: (c) => <Time at={c.created_at} as="age" />,
  },
  { key: "tags", title: "Tags", width: "minmax(80px, 1fr)", render: (c) => <Tags values={c.tags} /> },
];

export function Cases() {
  const { get, all, set } = useUrl();
  const go = useNavigate();
  const may = useMay("cases:write");
  const [creating, setCreating] = useState(false);
  const tab = TABS.find((one) => one.key === get("show", "open")) ?? TABS[0];
  const sort = get("sort", "-created_at");
  const query = useCases({
    q: get("q"),
    status: tab?.status ?? [],
    severity: all("severity"),
    assignee: get("assignee"),
    sort,
  });
  useKeys({ n: () => setCreating(true) }, may);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Cases"
      actions={
        may && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => setCreating(true)}>
            New case
          </Button>
        )
      }
    >
      <div className="column">
        <Tabs tabs={TABS} at={tab?.key ?? "open"} onPick={(show) => set({ show })} />
        <div className="toolbar">
          <QueryBox
            value={get("q")}
            onRun={(q) => set({ q })}
            placeholder="title:spray*   ·   assignee:alice   ·   tags:phishing"
          />
          {["severity", "assignee"].map((name) =>
            get(name) ? (
              <button key={name} type="button" className="plain dim" onClick={() => set({ [name]: null })}>
                {name}: {all(name).join(", ")} ✕
              </button>
            ) : null,
          )}
        </div>
        {query.error ? (
          <ErrorBox error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <Rows />
        ) : rows.length === 0 ? (
          <Empty title="No cases here">
            A case gathers alerts, tasks and evidence. Escalate an alert with the key e, let a playbook do it,
            or make one with the button above.
          </Empty>
        ) : (
          <Grid
            label="Cases"
            rows={rows}
            columns={COLUMNS}
            id={(c) => c.id}
            onOpen={(c) => void go(`/cases/${c.number}`)}
            sort={sort}
            onSort={(next) => set({ sort: next })}
            onEnd={query.hasNextPage ? query.fetchNextPage : undefined}
          />
        )}
      </div>
      <NewCase opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
