import { ActionIcon, Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { useAlertEvents } from "../api/alerts";
import type { Alert, TocsinEvent } from "../api/types";
import { clause } from "../format/lucene";
import { count } from "../format/number";
import { after } from "../format/time";
import { words } from "../format/words";
import { Section } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { EventFields } from "../search/EventFields";
import { matchedFields, pieces } from "./highlight";

/** The search for what the alert stands on: its entity, in its time. */
function around({ group_field, group_key, first_at, last_at, rule }: Alert): string {
  const parts = [
    ...(group_field ? [clause(group_field, group_key)] : []),
    ...(rule.kind === "level" ? [clause("rule.id", rule.id)] : []),
  ];
  return `/search?${new URLSearchParams({ q: parts.join(" AND "), from: first_at, to: after(last_at, 1_000_000) })}`;
}

/** Why the alert fired: the rule's clauses that held, marked in the events that made it. */
export function Why({ alert }: { alert: Alert }) {
  const { rule, clauses } = alert;
  return (
    <Section title="Why it fired" aside={<Link to={around(alert)}>Search these events</Link>}>
      <div style={{ marginBottom: 6 }}>
        <span className="dim">{words(rule.kind)} rule </span>
        <span title={`${rule.id}, version ${rule.version}`}>{rule.name}</span>
        {alert.group_key && (
          <>
            , grouped by <span className="mono">{alert.group_field || "key"}</span> ={" "}
            <b className="mono">{alert.group_key}</b>
          </>
        )}
        : {count(alert.event_count)} events from <Time at={alert.first_at} /> to <Time at={alert.last_at} />.
      </div>
      {alert.description && <div className="pre dim">{alert.description}</div>}
      {clauses.length > 0 && (
        <table style={{ borderSpacing: 0, margin: "8px 0", width: "100%" }}>
          <tbody>
            {clauses.map((one) => (
              <tr key={`${one.field}${one.condition}${one.value}`}>
                <td className="mono" style={{ paddingRight: 12, verticalAlign: "top" }}>
                  {one.field || "whole text"}
                </td>
                <td className="mono dim" style={{ paddingRight: 12, overflowWrap: "anywhere" }}>
                  {one.condition}
                </td>
                <td className="mono" style={{ overflowWrap: "anywhere" }}>
                  <mark>{one.value}</mark>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {alert.techniques.length > 0 && (
        <div style={{ marginBottom: 8 }}>
          <span className="dim">ATT&CK </span>
          {alert.techniques.map((t) => `${t.id} ${t.name}`).join(" · ")}
        </div>
      )}
      <Evidence alert={alert} />
    </Section>
  );
}

function Evidence({ alert }: { alert: Alert }) {
  const query = useAlertEvents(alert.id);
  const [at, setAt] = useState(0);
  return (
    <Loaded query={query} rows={3}>
      {({ items }) => {
        const event = items[at];
        if (!event) return <Empty title="Its events are gone">They were older than the store keeps.</Empty>;
        return (
          <>
            <div style={{ display: "flex", alignItems: "center", gap: 4 }}>
              <span className="dim">
                Event {at + 1} of {items.length} · <Time at={event["@timestamp"]} as="full" />
              </span>
              <span style={{ flex: 1 }} />
              <ActionIcon aria-label="Previous event" disabled={at === 0} onClick={() => setAt(at - 1)}>
                <IconChevronLeft size={15} />
              </ActionIcon>
              <ActionIcon
                aria-label="Next event"
                disabled={at >= items.length - 1}
                onClick={() => setAt(at + 1)}
              >
                <IconChevronRight size={15} />
              </ActionIcon>
            </div>
            <Matched event={event} alert={alert} />
          </>
        );
      }}
    </Loaded>
  );
}

function Matched({ event, alert }: { event: TocsinEvent; alert: Alert }) {
  const [all, setAll] = useState(false);
  const fields = matchedFields(alert.clauses);
  if (alert.group_field) fields.add(alert.group_field);
  const values = [...alert.clauses.map((one) => one.value), alert.group_key];
  return (
    <>
      <div className="mono pre box" style={{ margin: "4px 0 6px", padding: "6px 8px" }}>
        {pieces(event.message, values).map((piece, i) =>
          piece.isMatch ? (
            <mark key={String(i)}>{piece.text}</mark>
          ) : (
            <span key={String(i)}>{piece.text}</span>
          ),
        )}
      </div>
      <div style={{ margin: "0 -14px" }}>
        <EventFields event={event} matched={fields} only={all ? undefined : fields} />
      </div>
      <Button mt={6} onClick={() => setAll(!all)}>
        {all ? "Only matched fields" : `All ${Object.keys(event.fields).length} fields`}
      </Button>
    </>
  );
}
