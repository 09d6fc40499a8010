import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client";
import { backtestText, type Comparison, compareText, type Report } from "../api/rules";
import { count } from "../format/number";
import { words } from "../format/words";
import { ErrorBox } from "../parts/State";
import { Time } from "../parts/Time";
import { eventLink } from "../search/eventLink";

interface Props {
  text: string;
  ruleId: string;
  changed: boolean;
}

/** What the text would have said over the last week, and how that differs from what is in force. */
export function BacktestPanel({ text, ruleId, changed }: Props) {
  const isCorrelation = /^correlation:/m.test(text);
  const test = useMutation({
    mutationFn: () =>
      isCorrelation && ruleId
        ? api.post<Report>("/rules/backtest", { rule_id: ruleId })
        : backtestText(text),
  });
  const diff = useMutation({ mutationFn: () => compareText(ruleId, text) });
  return (
    <section className="section">
      <h2>The last seven days</h2>
      <div style={{ display: "flex", gap: 6, marginBottom: 6 }}>
        <Button loading={test.isPending} onClick={() => test.mutate()}>
          Backtest
        </Button>
        {ruleId && (
          <Button
            loading={diff.isPending}
            disabled={!changed}
            title={changed ? "" : "The text is the one in force"}
            onClick={() => diff.mutate()}
          >
            Compare with the text in force
          </Button>
        )}
      </div>
      {test.error && <ErrorBox error={test.error} />}
      {test.data && !test.error && <Found report={test.data} />}
      {diff.error && <ErrorBox error={diff.error} />}
      {diff.data && !diff.error && <Differs found={diff.data} />}
    </section>
  );
}

function Found({ report }: { report: Report }) {
  const most = Math.max(1, ...report.days.map((day) => day.alerts));
  const closed = Object.entries(report.closed_as).map(([name, n]) => `${n} ${words(name).toLowerCase()}`);
  return (
    <div role="status">
      <b>{count(report.alerts)} alerts</b>, {count(report.busiest_day_alerts)} on the busiest day, from{" "}
      {count(report.matched)} of {count(report.events)} events
      {report.held_back > 0 && `; exceptions held back ${count(report.held_back)}`}
      {!report.complete && <span style={{ color: "var(--sev-2)" }}> · ended by the bound of {report.stopped_by}</span>}
      <div className="days" role="img" aria-label={report.days.map((d) => `${d.day}: ${d.alerts}`).join(", ")}>
        {report.days.map((day) => (
          <span key={day.day} title={`${day.day}: ${day.alerts} alerts`}>
            <i style={{ height: `${Math.max(day.alerts ? 6 : 0, (day.alerts / most) * 100)}%` }} />
          </span>
        ))}
      </div>
      {closed.length > 0 && <div>By the last alert of the same key, it would be closed as: {closed.join(", ")}</div>}
      <ul style={{ margin: "4px 0", paddingLeft: 18 }}>
        {report.top_keys.slice(0, 8).map((key) => (
          <li key={key.group_key}>
            <span className="mono">{key.group_key || "all"}</span>: {count(key.alerts)} alerts, {count(key.events)} events
          </li>
        ))}
      </ul>
      <div className="dim">{report.cpu_s_per_million_events} s of CPU for a million events</div>
      {report.notes.map((note) => (
        <div key={note} className="dim">
          {note}
        </div>
      ))}
    </div>
  );
}

function Differs({ found }: { found: Comparison }) {
  return (
    <div role="status" style={{ marginTop: 6 }}>
      <b>
        {count(found.new_alerts)} alerts new, {count(found.gone_alerts)} gone
      </b>
      , {count(found.same_alerts)} the same; {count(found.new_events)} events new, {count(found.gone_events)} gone, of{" "}
      {count(found.events)}
      {(["new", "gone"] as const).map((side) => (
        <ul key={side} style={{ margin: "4px 0", paddingLeft: 0, listStyle: "none" }}>
          {found[side].slice(0, 15).map((alert) => (
            <li key={`${alert.day}${alert.group_key}`}>
              <span className="mono">{side === "new" ? "+" : "−"}</span> <Time at={alert.at} /> {alert.title}{" "}
              {alert.event_ids[0] && (
                <Link to={eventLink(alert.event_ids[0])}>event</Link>
              )}
            </li>
          ))}
        </ul>
      ))}
    </div>
  );
}
