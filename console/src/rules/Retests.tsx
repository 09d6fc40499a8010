import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { RetestResult } from "../api/rules";
import { useMay } from "../api/session";
import type { Page } from "../api/types";
import { count } from "../format/number";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";

interface Listed extends Page<RetestResult> {
  scheduled_at: string | null;
}

/** The test of all rules, run every night: cases that fail, rules that died or fell silent since the one before. */
export function Retests() {
  const may = useMay("rules:write");
  const query = useQuery({ queryKey: ["rules", "retests"], queryFn: () => api.get<Listed>("/rules/retests") });
  const run = useChange(() => api.post("/rules/retests"), [["rules"]], "All rules were tested");
  return (
    <Loaded query={query}>
      {({ items, scheduled_at }) => (
        <div className="scroll">
          <div className="toolbar">
            <span>
              {scheduled_at
                ? `All cases of all rules run every day at ${scheduled_at} UTC.`
                : "No time is set for a daily test (detect.retest_at)."}
            </span>
            <div style={{ flex: 1 }} />
            {may && (
              <Button loading={run.isPending} onClick={() => run.mutate(undefined)}>
                Test now
              </Button>
            )}
          </div>
          {items.length === 0 && (
            <Empty title="Not tested yet">
              Cases stand beside a rule as NAME.cases.yml, or are saved with it: events, and the alerts they must give.
            </Empty>
          )}
          {items.map((one) => (
            <Result key={one.id} result={one} />
          ))}
        </div>
      )}
    </Loaded>
  );
}

function Result({ result }: { result: RetestResult }) {
  return (
    <section className="section">
      <h2>
        <Time at={result.started_at} as="full" /> <span className="dim">by {result.started_by}</span>
      </h2>
      <div>
        <b>{count(result.cases - result.failed.length)}</b> of {count(result.cases)} cases passed;{" "}
        {count(result.dead)} rules are dead, {count(result.silent_rules)} have fallen silent.
      </div>
      <List
        title="Fail"
        items={result.failed.map((one) => [one.rule_id, one.name || one.rule_id, `${one.case}: ${one.reason}`])}
      />
      <List title="Newly dead" items={result.newly_dead.map((one) => [one.rule_id, one.name, one.reason])} />
      <List title="Newly silent" items={result.newly_silent.map((one) => [one.rule_id, one.name, ""])} />
    </section>
  );
}

function List({ title, items }: { title: string; items: [string, string, string][] }) {
  if (items.length === 0) return null;
  return (
    <>
      <div className="dim" style={{ marginTop: 6 }}>
        {title}
      </div>
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {items.slice(0, 100).map(([id, name, why]) => (
          <li key={`${id}${why}`}>
            <Link to={`/rules/${encodeURIComponent(id)}`}>{name}</Link> {why}
          </li>
        ))}
      </ul>
    </>
  );
}
