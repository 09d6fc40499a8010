import { Link } from "react-router";
import { useAlertEvents } from "../api/alerts";
import { useLookup } from "../api/intel";
import type { Alert } from "../api/types";
import { clause } from "../format/lucene";
import { count, text } from "../format/number";
import { Verdict } from "../parts/Chip";
import { Section } from "../parts/Page";
import { Hostile } from "../parts/Value";

const ENTITIES = [
  "source.ip",
  "user.name",
  "host.name",
  "destination.ip",
  "url.domain",
  "process.executable",
  "file.path",
  "file.hash.sha256",
];
const KNOWN_TO_INTEL = new Set(["source.ip", "destination.ip", "url.domain", "file.hash.sha256"]);

/** Who and what the alert is about, and what else is known of each. */
export function Entities({ alert }: { alert: Alert }) {
  const event = useAlertEvents(alert.id).data?.items[0];
  const names = [...new Set([alert.group_field, ...ENTITIES])].filter(
    (name) => name && (event?.fields[name] ?? (name === alert.group_field ? alert.group_key : "")),
  );
  if (names.length === 0) return null;
  return (
    <Section title="Entities">
      {names.map((name) => (
        <Entity key={name} field={name} value={text(event?.fields[name] ?? alert.group_key)} />
      ))}
    </Section>
  );
}

function Entity({ field, value }: { field: string; value: string }) {
  const known = useLookup(KNOWN_TO_INTEL.has(field) ? value : "").data;
  return (
    <div
      style={{
        display: "grid",
        gridTemplateColumns: "110px minmax(0, 1fr) auto",
        gap: 10,
        minHeight: 25,
        alignItems: "center",
      }}
    >
      <span className="dim">{field}</span>
      <span style={{ display: "flex", alignItems: "center", gap: 10, minWidth: 0 }}>
        <Hostile value={value} />
        {known?.verdict && <Verdict value={known.verdict} />}
        {known?.warninglists.map((list) => (
          <span key={list.name} className="dim cut" title={list.name}>
            on {list.name}
          </span>
        ))}
      </span>
      <span style={{ whiteSpace: "nowrap" }}>
        <Link to={`/search?q=${encodeURIComponent(clause(field, value))}&from=now-7d`}>
          {known ? `${count(known.events.count)} events` : "events"}
        </Link>
        {" · "}
        <Link to={`/alerts?status=all&group=none&q=${encodeURIComponent(clause("group_key", value))}`}>
          {known ? `${count(known.alerts)} alerts` : "alerts"}
        </Link>
        {known && (
          <>
            {" · "}
            <Link to={`/intel?value=${encodeURIComponent(value)}`}>intel</Link>
          </>
        )}
      </span>
    </div>
  );
}
