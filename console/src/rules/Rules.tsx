import { Button, Switch } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { type RuleHealth, ruleUrl, type SwitchOrder, useHealth, useRules } from "../api/rules";
import { useMay } from "../api/session";
import type { Rule } from "../api/types";
import { count } from "../format/number";
import { useKeys } from "../keys/keys";
import { type Column, Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { BulkSwitch } from "./BulkSwitch";
import { Filters } from "./Filters";
import { chosen, type RuleFilter } from "./filters";
import { Health, percent } from "./Health";
import { LevelWord } from "./LevelWord";
import { Problems, useProblems } from "./Problems";
import { Retests } from "./Retests";
import { RuleFlyout } from "./RuleFlyout";
import { Switches } from "./Switches";

function columns(health: Map<string, RuleHealth>): Column<Rule>[] {
  return [
    { key: "level", title: "Level", width: "108px", render: (r) => <LevelWord rule={r} /> },
    {
      key: "name",
      title: "Rule",
      width: "minmax(220px, 3fr)",
      render: (r) => (
        <span title={`${r.id} in ${r.source_path}`}>
          {r.name}
          {r.edited && <span className="dim"> · edited here</span>}
        </span>
      ),
    },
    { key: "health", title: "Health", width: "68px", render: (r) => <Health health={health.get(r.id)} /> },
    {
      key: "perday",
      title: "Alerts/day",
      width: "74px",
      align: "right",
      render: (r) => count(health.get(r.id)?.alerts_per_day),
    },
    {
      key: "precision",
      title: "Precision",
      width: "66px",
      align: "right",
      render: (r) => percent(health.get(r.id)?.precision),
    },
    { key: "matches", title: "Matches", width: "68px", align: "right", render: (r) => count(r.matches) },
    { key: "last", title: "Last match", width: "80px", render: (r) => <Time at={r.last_match_at} as="age" /> },
    { key: "kind", title: "Kind", width: "84px", spare: true, render: (r) => r.type ?? r.kind },
    {
      key: "logsource",
      title: "Log source",
      width: "minmax(120px, 1.2fr)",
      spare: true,
      render: (r) => <span className="dim">{r.logsource ?? "–"}</span>,
    },
    {
      key: "techniques",
      title: "ATT&CK",
      width: "minmax(90px, 1fr)",
      spare: true,
      render: (r) => <span className="mono">{r.techniques.join(", ")}</span>,
    },
  ];
}

/** The rules that watch the log, how they do, what was refused, and what the nightly test found. */
export function Rules() {
  const { get, set } = useUrl();
  const tab = get("tab", "rules");
  const problems = useProblems();
  const may = useMay("rules:write");
  const open = get("open");
  useKeys({ escape: () => set({ open: null }) });
  const tabs = [
    { key: "rules", title: "Rules" },
    { key: "problems", title: "Problems", count: problems.data?.items.length },
    { key: "retests", title: "Nightly test" },
    { key: "switches", title: "Switched together" },
  ];
  return (
    <Page
      title="Rules"
      actions={
        may && (
          <Button component={Link} to="/rules/new" leftSection={<IconPlus size={14} />}>
            New rule
          </Button>
        )
      }
    >
      <div className="column">
        <Tabs tabs={tabs} at={tab} onPick={(key) => set({ tab: key, open: null })} />
        {tab === "problems" && <Problems />}
        {tab === "retests" && <Retests />}
        {tab === "switches" && <Switches />}
        {tab === "rules" && <RuleList open={open} onOpen={(id) => set({ open: id }, open !== "")} />}
      </div>
      {open && <RuleFlyout key={open} id={open} onClose={() => set({ open: null })} />}
    </Page>
  );
}

function RuleList({ open, onOpen }: { open: string; onOpen: (id: string) => void }) {
  const { get, set } = useUrl();
  const query = useRules();
  const healthy = useHealth();
  const may = useMay("rules:write");
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [order, setOrder] = useState<SwitchOrder | null>(null);
  const health = useMemo(() => new Map(healthy.data?.items.map((one) => [one.rule_id, one])), [healthy.data]);
  const filter: RuleFilter = {
    q: get("q"),
    kind: get("kind"),
    level: get("level"),
    tag: get("tag"),
    logsource: get("logsource"),
    health: get("health"),
  };
  const change = useChange(
    ({ id, enabled }: { id: string; enabled: boolean }) => api.patch(ruleUrl(id), { enabled }),
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
        disabled={!may || (change.isPending && change.variables.id === rule.id)}
        onClick={(e) => e.stopPropagation()}
        onChange={(e) => change.mutate({ id: rule.id, enabled: e.currentTarget.checked })}
      />
    ),
  };
  return (
    <Loaded query={query}>
      {({ items }) => {
        const shown = chosen(items, filter, health);
        const picked = shown.filter((rule) => selected.has(rule.id));
        const ids = (picked.length ? picked : shown).map((rule) => rule.id);
        return items.length === 0 ? (
          <Empty title="No rules">Sigma and ElastAlert rules in the content folder appear here.</Empty>
        ) : (
          <>
            <Filters rules={items} filter={filter} onChange={(change) => set(change, true)} />
            <div className="toolbar">
              <span>
                <b>{count(shown.length)}</b> of {count(items.length)} rules
                {picked.length > 0 && (
                  <>
                    , <b>{count(picked.length)}</b> selected{" "}
                    <button type="button" className="plain dim" onClick={() => setSelected(new Set())}>
                      clear
                    </button>
                  </>
                )}
              </span>
              <div style={{ flex: 1 }} />
              {may && (
                <>
                  <Button disabled={!ids.length} onClick={() => setOrder({ enabled: true, where: { ids } })}>
                    Switch {count(ids.length)} on …
                  </Button>
                  <Button disabled={!ids.length} onClick={() => setOrder({ enabled: false, where: { ids } })}>
                    Switch {count(ids.length)} off …
                  </Button>
                </>
              )}
            </div>
            {shown.length === 0 ? (
              <Empty title="No rule is like that">Take a filter away: each narrows the list.</Empty>
            ) : (
              <Grid
                label="Rules"
                rows={shown}
                columns={[enabled, ...columns(health)]}
                id={(rule) => rule.id}
                openId={open}
                onOpen={(rule) => onOpen(rule.id)}
                selected={may ? selected : undefined}
                onSelect={may ? setSelected : undefined}
              />
            )}
            <BulkSwitch
              order={order}
              onClose={() => setOrder(null)}
              onDone={() => setSelected(new Set())}
            />
          </>
        );
      }}
    </Loaded>
  );
}
