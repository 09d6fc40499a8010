import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Page as List, Rule } from "../api/types";
import { count } from "../format/number";
import { useKeys } from "../keys/keys";
import { type Column, Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { Severity } from "../parts/Severity";
import { Empty, Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { Problems, useProblems } from "./Problems";
import { RuleFlyout } from "./RuleFlyout";

const COLUMNS: Column<Rule>[] = [
  { key: "severity", title: "Severity", width: "88px", render: (r) => <Severity level={r.severity} /> },
  {
    key: "name",
    title: "Rule",
    width: "minmax(220px, 3fr)",
    render: (r) => <span title={`${r.id} in ${r.source_path}`}>{r.name}</span>,
  },
  { key: "kind", title: "Kind", width: "84px", render: (r) => r.kind },
  { key: "matches", title: "Matches", width: "76px", align: "right", render: (r) => count(r.matches) },
  { key: "last", title: "Last match", width: "84px", render: (r) => <Time at={r.last_match_at} as="age" /> },
  {
    key: "techniques",
    title: "ATT&CK",
    width: "minmax(100px, 1fr)",
    spare: true,
    render: (r) => <span className="mono">{r.techniques.join(", ")}</span>,
  },
  {
    key: "path",
    title: "From",
    width: "minmax(140px, 1.4fr)",
    spare: true,
    render: (r) => (
      <span className="dim" title={r.source_path}>
        {r.source_path}
      </span>
    ),
  },
];

/** The rules that watch the log, and what was refused of them. */
export function Rules() {
  const { get, set } = useUrl();
  const tab = get("tab", "rules");
  const problems = useProblems();
  const open = get("open");
  useKeys({ escape: () => set({ open: null }) });
  const tabs = [
    { key: "rules", title: "Rules" },
    { key: "problems", title: "Problems", count: problems.data?.items.length },
  ];
  return (
    <Page title="Rules">
      <div className="column">
        <Tabs tabs={tabs} at={tab} onPick={(key) => set({ tab: key, open: null })} />
        {tab === "problems" ? (
          <Problems />
        ) : (
          <RuleList open={open} onOpen={(id) => set({ open: id }, open !== "")} />
        )}
      </div>
      {open && <RuleFlyout key={open} id={open} onClose={() => set({ open: null })} />}
    </Page>
  );
}

function RuleList({ open, onOpen }: { open: string; onOpen: (id: string) => void }) {
  const query = useQuery({ queryKey: ["rules", "list"], queryFn: () => api.get<List<Rule>>("/rules") });
  const may = useMay("rules:write");
  const change = useChange(
    ({ id, enabled }: { id: string; enabled: boolean }) =>
      api.patch(`/rules/${encodeURIComponent(id)}`, { enabled }),
    [["rules"]],
  );
  const enabled: Column<Rule> = {
    key: "enabled",
    title: "In use",
    width: "54px",
    render: (rule) => (
      <Switch
        aria-label={`Use ${rule.name}`}
        checked={rule.enabled}
        disabled={!may}
        onClick={(e) => e.stopPropagation()}
        onChange={(e) => change.mutate({ id: rule.id, enabled: e.currentTarget.checked })}
      />
    ),
  };
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No rules">Sigma and ElastAlert rules in the content folder appear here.</Empty>
        ) : (
          <Grid
            label="Rules"
            rows={items}
            columns={[enabled, ...COLUMNS]}
            id={(rule) => rule.id}
            openId={open}
            onOpen={(rule) => onOpen(rule.id)}
          />
        )
      }
    </Loaded>
  );
}
