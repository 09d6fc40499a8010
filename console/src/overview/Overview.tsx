import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";
import { api } from "../api/client";
import type { Overview as Figures } from "../api/types";
import { bytes, count } from "../format/number";
import { duration } from "../format/time";
import { Page } from "../parts/Page";
import { RangePick } from "../parts/RangePick";
import { Loaded } from "../parts/State";
import { useUrl } from "../url/state";
import { BySeverity } from "./BySeverity";
import { EventChart } from "./EventChart";
import { Top } from "./Top";

export function Overview() {
  const { get, set } = useUrl();
  const from = get("from", "now-24h");
  const to = get("to", "now");
  const range = useMemo(() => ({ from, to }), [from, to]);
  const query = useQuery({
    queryKey: ["overview", range],
    queryFn: () => api.get<Figures>("/overview", range),
    placeholderData: (old) => old,
  });
  return (
    <Page title="Overview" actions={<RangePick value={range} onPick={(next) => set({ ...next })} />}>
      <div className="scroll pad">
        <Loaded query={query}>{(data) => <Numbers data={data} range={range} />}</Loaded>
      </div>
    </Page>
  );
}

function Numbers({ data, range }: { data: Figures; range: { from: string; to: string } }) {
  const search = `/search?from=${encodeURIComponent(range.from)}&to=${encodeURIComponent(range.to)}`;
  const { alerts, cases, agents, sources, detect, store, events } = data;
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <div style={{ display: "grid", gap: 12, gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))" }}>
        <Figure
          to="/alerts?status=new"
          label="New alerts"
          value={alerts.new}
          note={`${count(alerts.in_progress)} in progress`}
        />
        <Figure
          to="/alerts?status=closed&status=ignored"
          label="Alerts closed"
          value={alerts.closed}
          note={`${count(alerts.auto_closed)} by playbooks`}
        />
        <Figure to="/cases" label="Open cases" value={cases.open} note={`${count(cases.new)} new`} />
        <Figure
          to={search}
          label="Events"
          value={events.count}
          note={`${bytes(store.size_bytes)} kept, ${count(store.days)} ${store.days === 1 ? "day" : "days"}`}
        />
        <Figure
          to="/agents"
          label="Active agents"
          value={agents.active}
          note={`${count(agents.silent)} silent`}
          warn={agents.silent > 0}
        />
        <Figure
          to="/sources"
          label="Sources"
          value={sources.count}
          note={`${count(sources.refused)} records refused`}
          warn={sources.refused > 0}
        />
        <Figure
          to="/sources"
          label="Detection lag"
          value={detect.lag_ms === null ? "–" : duration(detect.lag_ms)}
          note="behind the newest event"
        />
      </div>
      <section className="box">
        <h2>Events over time</h2>
        <EventChart histogram={data.events.histogram} range={range} />
      </section>
      <div style={{ display: "grid", gap: 12, gridTemplateColumns: "repeat(auto-fit, minmax(280px, 1fr))" }}>
        <BySeverity
          title="Open alerts by severity"
          counts={alerts.by_severity}
          to={(n) => `/alerts?status=new&status=in_progress&severity=${n}`}
        />
        <BySeverity
          title="Open cases by severity"
          counts={cases.by_severity}
          to={(n) => `/cases?severity=${n}`}
        />
        <Top
          title="Rules with most alerts"
          items={data.top_rules}
          to={(key) => `/alerts?status=all&rule=${encodeURIComponent(key)}`}
          none="No rule has matched in this time."
        />
        <Top
          title="Top attackers"
          items={data.top_attackers}
          to={(key) => `/intel?value=${encodeURIComponent(key)}`}
          none="No alert names an attacker in this time."
        />
      </div>
    </div>
  );
}

function Figure({
  to,
  label,
  value,
  note,
  warn,
}: {
  to: string;
  label: string;
  value: number | string;
  note: string;
  warn?: boolean;
}) {
  return (
    <Link to={to} className="number">
      <span className="dim">{label}</span>
      <b>{typeof value === "number" ? count(value) : value}</b>
      <span style={{ color: warn ? "var(--sev-2)" : "var(--dim)" }}>{note}</span>
    </Link>
  );
}
