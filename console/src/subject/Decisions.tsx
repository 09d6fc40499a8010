import { Button, Code, Collapse } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../api/session";
import { useDecisions, useSubjectChanges } from "../api/subject";
import type { Decision } from "../api/types";
import { words } from "../format/words";
import { Verdict } from "../parts/Chip";
import { Section } from "../parts/Page";
import { Time } from "../parts/Time";
import { Replay } from "./Replay";

/** What a playbook decided and why; absent when none did. */
export function Decisions({ path }: { path: string }) {
  const items = useDecisions(path).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Decisions">
      {items.map((decision) => (
        <DecisionCard key={decision.id} decision={decision} path={path} />
      ))}
    </Section>
  );
}

const DID = { close: "Closed", escalate: "Escalated", none: "Left for an analyst" };

export function DecisionCard({ decision, path }: { decision: Decision; path: string }) {
  const [facts, setFacts] = useState(false);
  const may = useMay("playbooks:run");
  const { undo } = useSubjectChanges(path);
  const { policy } = decision;
  return (
    <div className="box" style={{ marginBottom: 8 }}>
      <div style={{ display: "flex", gap: 10, alignItems: "center", flexWrap: "wrap" }}>
        <b style={{ textDecoration: decision.undone_at ? "line-through" : undefined }}>
          {DID[decision.outcome] ?? words(decision.outcome)}
          {decision.resolution && ` as ${words(decision.resolution).toLowerCase()}`}
        </b>
        {decision.verdict && <Verdict value={decision.verdict} />}
        <span className="dim">
          by {decision.by}, <Time at={decision.at} as="full" />
        </span>
        {decision.undone_at && (
          <span>
            undone by {decision.undone_by}, <Time at={decision.undone_at} as="age" /> ago
            {decision.undo_reason && `: ${decision.undo_reason}`}
          </span>
        )}
      </div>
      <ul style={{ margin: "6px 0", paddingLeft: 18 }}>
        {decision.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
        <Button onClick={() => setFacts(!facts)} aria-expanded={facts}>
          Facts
        </Button>
        {may && decision.undoable && !decision.undone_at && (
          <Button onClick={() => undo.mutate(decision.id)} loading={undo.isPending}>
            Undo
          </Button>
        )}
        <Replay id={decision.id} />
        <span className="dim">
          {policy && `${policy.playbook} ${policy.version.slice(0, 8)}, step ${policy.step} `}
          {decision.run_id && <Link to={`/runs/${decision.run_id}`}>run</Link>}
        </span>
      </div>
      <Collapse expanded={facts}>
        <Arithmetic decision={decision} />
        <Lines title="What would have changed it" lines={decision.flips} />
        <Code block mt={6}>
          {JSON.stringify(decision.facts, null, 2)}
        </Code>
      </Collapse>
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] | undefined }) {
  if (!lines?.length) return null;
  return (
    <div style={{ marginTop: 6 }}>
      <span className="dim">{title}</span>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  );
}

function Arithmetic({ decision: { arithmetic, score } }: { decision: Decision }) {
  if (!arithmetic?.length) return null;
  return (
    <div style={{ marginTop: 6 }}>
      <span className="dim">Score{typeof score === "number" && ` ${score}`}</span>
      {arithmetic
        .toSorted((a, b) => Number(b.held) - Number(a.held))
        .map((fact) => (
          <div
            key={fact.name}
            style={{
              display: "grid",
              gridTemplateColumns: "32px minmax(120px, 190px) minmax(0, 1fr)",
              gap: 10,
              opacity: fact.held ? 1 : 0.65,
            }}
          >
            <b className="right">{fact.held ? fact.points : "–"}</b>
            <span>{fact.name}</span>
            <span>{fact.held ? fact.reason : `not so (would weigh ${fact.points})`}</span>
          </div>
        ))}
    </div>
  );
}
