import { Button } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import type { CaseResult } from "../api/rules";
import { NEW_CASES } from "./template";

const shown = (alerts: Record<string, number>) =>
  Object.entries(alerts)
    .map(([key, events]) => `${key || "all"}: ${events}`)
    .join(", ") || "no alert";

/** What each case gives now; they run whenever the text rests. */
export function CasesPanel({ results, onWrite }: { results?: CaseResult[]; onWrite?: (text: string) => void }) {
  return (
    <section className="section">
      <h2>Cases</h2>
      {results?.length === 0 && (
        <div className="dim">
          None yet: events, and the alerts they must give. A rule with cases cannot be broken unseen.{" "}
          {onWrite && <Button onClick={() => onWrite(NEW_CASES)}>Write some</Button>}
        </div>
      )}
      {results?.map((one) => (
        <div key={one.name} style={{ display: "flex", gap: 6 }}>
          {one.passed ? (
            <IconCheck size={14} aria-label="passed" color="light-dark(#1f7a33, #69db7c)" style={{ flex: "none", marginTop: 2 }} />
          ) : (
            <IconX size={14} aria-label="failed" color="var(--sev-2)" style={{ flex: "none", marginTop: 2 }} />
          )}
          <span>
            {one.name}
            {!one.passed && (
              <span className="dim">
                {" "}
                expected {shown(one.expected)}; found {shown(one.found)}
              </span>
            )}
          </span>
        </div>
      ))}
    </section>
  );
}
