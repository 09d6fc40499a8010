import { ActionIcon, Badge, Button, Tooltip } from "@mantine/core";
import { IconBinoculars, IconMicroscope, IconSearch, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../api/session";
import { useObservables, useSubjectChanges } from "../api/subject";
import type { Observable } from "../api/types";
import { term } from "../format/lucene";
import { TlpChip, Verdict } from "../parts/Chip";
import { Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Hostile } from "../parts/Value";
import { AddObservable } from "./AddObservable";

/** The observables of an alert or case with what the analyzers said of each. */
export function Observables({ path }: { path: string }) {
  const query = useObservables(path);
  const may = useMay(path.startsWith("/alerts") ? "alerts:write" : "cases:write");
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title={`Observables${query.data ? ` (${query.data.items.length})` : ""}`}
      aside={may && <Button onClick={() => setAdding(!adding)}>Add</Button>}
    >
      {adding && <AddObservable path={path} onDone={() => setAdding(false)} />}
      <Loaded query={query} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="dim">
              None yet. A playbook takes them from the events; you can add one by hand.
            </span>
          ) : (
            items.map((one) => <Row key={one.id} observable={one} path={path} may={may} />)
          )
        }
      </Loaded>
    </Section>
  );
}

function Row({ observable: o, path, may }: { observable: Observable; path: string; may: boolean }) {
  const mayRun = useMay("analyzers:run");
  const { analyze, dropObservable, patchObservable } = useSubjectChanges(path);
  return (
    <div style={{ padding: "5px 0", borderTop: "1px solid var(--line)" }}>
      <div
        style={{
          display: "grid",
          gridTemplateColumns: "64px minmax(0, 1fr) 92px auto",
          gap: 8,
          alignItems: "center",
        }}
      >
        <span className="dim">{o.kind}</span>
        <Hostile value={o.value} kind={o.kind} />
        <Verdict value={o.verdict} />
        <span style={{ display: "flex" }}>
          {mayRun && (
            <Tool
              label="Run analyzers"
              run={() => analyze.mutate(o)}
              busy={analyze.isPending}
              icon={<IconMicroscope size={14} />}
            />
          )}
          <Tooltip label="Events with this value">
            <ActionIcon
              component={Link}
              to={`/search?q=${encodeURIComponent(term(o.value))}&from=now-7d`}
              aria-label="Events with this value"
            >
              <IconSearch size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Look up in intel">
            <ActionIcon
              component={Link}
              to={`/intel?value=${encodeURIComponent(o.value)}`}
              aria-label="Look up in intel"
            >
              <IconBinoculars size={14} />
            </ActionIcon>
          </Tooltip>
          {may && (
            <Tool label="Remove" run={() => dropObservable.mutate(o.id)} icon={<IconTrash size={14} />} />
          )}
        </span>
      </div>
      <div style={{ display: "flex", gap: 6, flexWrap: "wrap", alignItems: "center", marginLeft: 72 }}>
        <Mark
          on={o.is_ioc}
          text="indicator"
          may={may}
          run={() => patchObservable.mutate({ id: o.id, is_ioc: !o.is_ioc })}
        />
        <Mark
          on={o.sighted}
          text="sighted"
          may={may}
          run={() => patchObservable.mutate({ id: o.id, sighted: !o.sighted })}
        />
        <TlpChip value={o.tlp} />
        {o.seen_in && (o.seen_in.alerts > 1 || o.seen_in.cases > 0) && (
          <span className="dim">
            seen in {o.seen_in.alerts} alerts, {o.seen_in.cases} cases
          </span>
        )}
        {o.reports?.map((report) => (
          <Report key={report.job_id} report={report} />
        ))}
      </div>
      {o.message && (
        <div className="pre dim" style={{ marginLeft: 72 }}>
          {o.message}
        </div>
      )}
    </div>
  );
}

function Report({ report }: { report: Observable["reports"][number] }) {
  const said = report.taxonomies.map((t) => `${t.namespace}:${t.predicate}=${t.value}`);
  return (
    <Tooltip label={said.join(" · ") || report.verdict}>
      <span style={{ display: "inline-flex", gap: 5 }}>
        <span className="dim">{report.analyzer}</span>
        <Verdict value={report.verdict} />
        <span className="mono dim">{report.taxonomies[0]?.value}</span>
      </span>
    </Tooltip>
  );
}

function Tool({
  label,
  run,
  icon,
  busy,
}: {
  label: string;
  run: () => void;
  icon: React.ReactNode;
  busy?: boolean;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={run} loading={busy}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function Mark({ on, text, may, run }: { on: boolean; text: string; may: boolean; run: () => void }) {
  if (!may && !on) return null;
  return (
    <Badge
      component="button"
      type="button"
      tt="none"
      fw={500}
      variant={on ? "light" : "default"}
      color={on ? "indigo" : "gray"}
      disabled={!may}
      aria-pressed={on}
      onClick={run}
      style={{ opacity: on ? 1 : 0.6, cursor: may ? "pointer" : "default" }}
    >
      {text}
    </Badge>
  );
}
