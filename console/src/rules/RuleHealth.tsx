import { type RuleCoverage, type RuleHealth, useAspect } from "../api/rules";
import type { Rule } from "../api/types";
import { count } from "../format/number";
import { words } from "../format/words";
import { Tags } from "../parts/Chip";
import { Facts, Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { Health, percent } from "./Health";
import { Watching } from "./Watching";

/** How a rule does: state and reasons, alerts and verdicts, cost, and whether the data can fulfil it. */
export function RuleHealthTab({ rule }: { rule: Rule }) {
  const health = useAspect<RuleHealth>(rule.id, "health");
  const coverage = useAspect<RuleCoverage>(rule.id, "coverage");
  return (
    <div className="scroll" style={{ maxWidth: 980 }}>
      <Loaded query={health} rows={4}>
        {(found) => (
          <>
            <Section title="State">
              <Health health={found} /> {found.reasons.join("; ")}
            </Section>
            <Section title="Alerts of the last thirty days">
              <Facts
                items={[
                  ["Alerts", `${count(found.alerts)}, ${found.alerts_per_day} a day, ${count(found.busiest_day_alerts)} on the busiest`],
                  ["Precision", found.judged ? `${percent(found.precision)} of ${found.judged} judged` : "nobody has judged any"],
                  ["Closed as", Object.entries(found.closed_as ?? {}).map(([name, n]) => `${words(name)}: ${n}`).join(", ") || "–"],
                  ["Last match", <Time key="l" at={found.last_match_at} as="full" />],
                  ["Behind the log", `${count(found.lag_ms)} ms`],
                ]}
              />
            </Section>
          </>
        )}
      </Loaded>
      {rule.watch && <Watching watch={rule.watch} />}
      <Section title="Cost since the start">
        <Facts
          items={[
            ["Evaluated", `${count(rule.evaluations)} times, ${count(rule.mean_ns)} ns each`],
            ["Errors", count(rule.errors)],
          ]}
        />
      </Section>
      <Loaded query={coverage} rows={3}>
        {(found) => (
          <Section title="What it needs of the data">
            {!found.can_match && <b style={{ color: "var(--sev-2)" }}>No event you keep can fulfil it.</b>}
            {found.sentences.length === 0 && <span className="dim">It asks for no particular field.</span>}
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {found.sentences.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </Section>
        )}
      </Loaded>
      <Section title="About">
        <Facts
          items={[
            ["Identifier", <span key="i" className="mono">{rule.id}</span>],
            ["Version", <span key="v" className="mono">{rule.version}</span>],
            ["From", `${rule.source_path}${rule.edited ? ", edited here since" : ""}`],
            ["ATT&CK", rule.techniques.join(", ") || "–"],
            ["Tags", <Tags key="t" values={rule.tags} />],
          ]}
        />
      </Section>
    </div>
  );
}
