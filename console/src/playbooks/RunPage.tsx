import { Code } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { api } from "../api/client";
import { useDecisions } from "../api/subject";
import type { Json, Run, Step } from "../api/types";
import { words } from "../format/words";
import { Status } from "../parts/Chip";
import { Facts, Page, Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { DecisionCard } from "../subject/Decisions";
import { took } from "./RunTable";

/** One run: what it decided, then each step with what went in and what came out. */
export function RunPage() {
  const { id = "" } = useParams();
  const query = useQuery({
    queryKey: ["runs", id],
    queryFn: () => api.get<Run>(`/runs/${id}`),
    refetchInterval: (q) =>
      q.state.data?.status === "running" || q.state.data?.status === "waiting" ? 1500 : false,
  });
  return (
    <Page title="Run">
      <div className="scroll" style={{ maxWidth: 980 }}>
        <Loaded query={query}>{(run) => <Body run={run} />}</Loaded>
      </div>
    </Page>
  );
}

function Body({ run }: { run: Run }) {
  const path = `/${run.subject_type}s/${run.subject_id}`;
  const decisions = useDecisions(path).data?.items.filter((decision) => decision.run_id === run.id) ?? [];
  return (
    <>
      <Section title={run.playbook}>
        <Facts
          items={[
            ["Status", <Status key="s" value={run.status} />],
            [
              "On",
              <Link key="o" to={path}>
                {words(run.subject_type)}
              </Link>,
            ],
            ["Started", <Time key="t" at={run.started_at} as="full" />],
            ["Took", took(run) || "–"],
            [
              "Version",
              <span key="v" className="mono">
                {run.version}
              </span>,
            ],
            ...(run.error
              ? [
                  [
                    "Error",
                    <span key="e" className="pre" style={{ color: "var(--sev-2)" }}>
                      {run.error}
                    </span>,
                  ] as [string, React.ReactNode],
                ]
              : []),
          ]}
        />
      </Section>
      {decisions.length > 0 && (
        <Section title="Decision">
          {decisions.map((decision) => (
            <DecisionCard key={decision.id} decision={decision} path={path} />
          ))}
        </Section>
      )}
      <Section title={`Steps (${run.steps.length})`}>
        {run.steps.map((step, i) => (
          <StepRow key={`${step.name}${String(i)}`} step={step} />
        ))}
      </Section>
    </>
  );
}

function StepRow({ step }: { step: Step }) {
  const [open, setOpen] = useState(step.error !== null);
  return (
    <div style={{ borderBottom: "1px solid var(--line)" }}>
      <button
        type="button"
        className="plain"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        style={{
          display: "grid",
          gridTemplateColumns: "90px minmax(0, 1fr) minmax(0, 1fr) 70px",
          gap: 10,
          width: "100%",
          minHeight: 30,
          alignItems: "center",
        }}
      >
        <Status value={step.status} />
        <b>{step.name}</b>
        <span className="mono dim">{step.action}</span>
        <span className="right">{took(step)}</span>
      </button>
      {open && (
        <div style={{ padding: "0 0 8px 100px" }}>
          {step.error && (
            <div className="pre" style={{ color: "var(--sev-2)" }}>
              {step.error}
            </div>
          )}
          <InOut title="Input" value={step.input} />
          <InOut title="Output" value={step.output} />
        </div>
      )}
    </div>
  );
}

function InOut({ title, value }: { title: string; value: Json }) {
  if (value === null || value === undefined) return null;
  return (
    <>
      <span className="dim">{title}</span>
      <Code block>{JSON.stringify(value, null, 2)}</Code>
    </>
  );
}
