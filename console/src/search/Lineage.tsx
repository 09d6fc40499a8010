import { Link } from "react-router";
import { useAlertsOf, useExplained } from "../api/events";
import { useMay } from "../api/session";
import type { Explanation, TocsinEvent } from "../api/types";
import { clause } from "../format/lucene";
import { text } from "../format/number";
import { Status } from "../parts/Chip";
import { Facts, Section } from "../parts/Page";
import { Severity } from "../parts/Severity";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import type { SearchState } from "./state";

/** Where an event comes from, how it was understood, and what was made of it. */
export function Lineage({ event, state }: { event: TocsinEvent; state: SearchState }) {
  const { fields } = event;
  const decoder = [text(fields["decoder.parent"]), text(fields["decoder.name"])].filter(Boolean);
  const filter = (field: string, value: unknown) => (
    <button type="button" className="plain link mono" onClick={() => state.run(clause(field, value))}>
      {text(value)}
    </button>
  );
  return (
    <>
      <Section title="From">
        <Facts
          items={[
            ["Source", filter("event.source", event.source)],
            ["Record", `${event.sequence} of its source`],
            ["File", fields["log.file.path"] ? filter("log.file.path", fields["log.file.path"]) : "–"],
            ["Host", fields["host.name"] ? filter("host.name", fields["host.name"]) : "–"],
            ["Happened", <Time key="at" at={event["@timestamp"]} as="ms" />],
            ["Received", <Time key="received" at={event.received_at} as="ms" />],
            ["Event", <span key="id" className="mono">{event.id}</span>],
          ]}
        />
      </Section>
      <Section title="Understood as">
        <Facts
          items={[
            ["Decoder", decoder.length ? [...new Set(decoder)].join(" → ") : "none"],
            [
              "Rule",
              fields["rule.id"] ? (
                <>
                  {filter("rule.id", fields["rule.id"])} level {text(fields["rule.level"])}
                  <div>{text(fields["rule.description"])}</div>
                </>
              ) : (
                "none"
              ),
            ],
            ["Techniques", text(fields["threat.technique.id"]) || "–"],
          ]}
        />
      </Section>
      <AlertsOf event={event} />
      <Walk event={event} />
    </>
  );
}

function AlertsOf({ event }: { event: TocsinEvent }) {
  const may = useMay("alerts:read");
  const query = useAlertsOf(event.id, may);
  if (!may) return null;
  return (
    <Section title="Alerts made from it">
      <Loaded query={query} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="dim">No alert stands on this event.</span>
          ) : (
            items.map((alert) => (
              <div key={alert.id} className="lineage-alert">
                <Severity level={alert.severity} />
                <Link className="cut" to={`/alerts/${alert.id}`} title={alert.title}>
                  #{alert.number} {alert.title}
                </Link>
                <Status value={alert.status} resolution={alert.resolution} />
              </div>
            ))
          )
        }
      </Loaded>
    </Section>
  );
}

/** How decoders and rules in force now read the line: what matched, and what nearly did. */
function Walk({ event }: { event: TocsinEvent }) {
  const may = useMay("rules:read");
  const location = text(event.fields["log.file.path"]) || event.source;
  const query = useExplained(event.message, location, may && event.message !== "");
  if (!may || event.message === "") return null;
  return (
    <Section title="The way through the rules in force now">
      <Loaded query={query} rows={4}>
        {(found) => (found ? <Steps found={found} then={text(event.fields["rule.id"])} /> : null)}
      </Loaded>
    </Section>
  );
}

function Steps({ found, then }: { found: Explanation; then: string }) {
  const now = found.verdict?.id ?? "";
  return (
    <>
      <div className="dim" style={{ marginBottom: 6 }}>
        {now === then
          ? "They come to the same rule as when the event was stored."
          : `They come to ${now ? `rule ${now}` : "no rule"}; the event was stored with ${then ? `rule ${then}` : "none"}. Rules that count earlier events see this line alone, and rules may have changed since.`}
      </div>
      <div className="walk">
        {found.decoders
          .filter((step) => step.outcome !== "failed")
          .map((step, i) => (
            <div key={`${step.name}${String(i)}`} style={{ paddingLeft: step.child ? 14 : 0 }}>
              <span className="dim">decoder</span> <b className="mono">{step.name}</b>{" "}
              <span className="dim">{step.outcome}</span>
            </div>
          ))}
        {found.rules.map((step, i) => (
          <div key={`${step.id}${String(i)}`} style={{ paddingLeft: 14 * step.depth }} title={`${step.file}:${step.line}`}>
            <span className="dim">rule</span>{" "}
            <b className={`mono${step.id === now ? " won" : ""}`}>{step.id}</b>{" "}
            <span className="dim">
              level {step.level}, {step.outcome}
              {step.note && ` (${step.note})`}
            </span>{" "}
            {step.description}
          </div>
        ))}
      </div>
    </>
  );
}
