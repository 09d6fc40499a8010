import { Button } from "@mantine/core";
import { ApiError } from "../api/client";
import { Empty } from "../parts/State";
import type { SearchState } from "./state";

const EXAMPLES: [string, string][] = [
  ["event.outcome:failure", "a value of a field"],
  ["rule.level:>=7", "numbers and dates compare"],
  ['message:"accepted password"', "words in this order"],
  ["source.ip:* AND NOT source.ip:10.0.0.0/8", "any value, but none of a network"],
  ["rule.groups:(sshd OR sudo)", "one of several values"],
  ["_exists_:user.name user.name:adm*", "has the field, and begins so"],
  ["process.command_line:/.*(curl|wget) .*http.*/", "a regular expression"],
];

/** No event: say why that may be, and teach the language by queries to try. */
export function Nothing({ state, error }: { state: SearchState; error?: unknown }) {
  const { search, run, setRange, set } = state;
  const isMisread = error instanceof ApiError && error.problem.code === "query";
  if (error && !isMisread) return <div style={{ flex: 1 }} />;
  const title = isMisread ? "How queries are written" : search.q ? "No event matches" : "No events in this time";
  return (
    <div className="scroll">
      <Empty title={title}>
        {search.q
          ? isMisread
            ? "Conditions side by side must all hold. For example:"
            : "Widen the time, take conditions away, or try one of these:"
          : "Nothing was collected in this time. Widen it, connect a source, or import a file with tocsin import."}
        <dl className="examples">
          {EXAMPLES.map(([example, meaning]) => (
            <div key={example} style={{ display: "contents" }}>
              <dt>
                <Button className="mono" onClick={() => run(example)}>
                  {example}
                </Button>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <div style={{ display: "flex", gap: 6 }}>
          <Button onClick={() => setRange({ from: "now-90d", to: "now" })}>Last 90 days</Button>
          {search.q && <Button onClick={() => set({ q: null })}>Without the query</Button>}
        </div>
      </Empty>
    </div>
  );
}
