import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Refusal, Refused, Source } from "../api/types";
import { count } from "../format/number";
import { Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";

const KINDS: Record<Refusal["kind"], string> = {
  lost: "lost: nothing was wrong with them",
  dropped: "dropped by a pipeline of yours",
  faulty: "faulty: they could not be taken as they were",
};

/** Why records of a source were refused; a reason opens to the newest of them. */
export function Refusals({ source }: { source: Source }) {
  const [open, setOpen] = useState<string>();
  const mayRead = useMay("events:read");
  return (
    <Section title="Refused, and why">
      {source.refusals.length === 0 && <span className="dim">Nothing was refused.</span>}
      {source.refusals.map((refusal) => (
        <div key={refusal.reason} style={{ marginBottom: 6 }}>
          <div style={{ display: "grid", gridTemplateColumns: "70px minmax(0, 1fr) 70px", gap: 10 }}>
            <b className="right">{count(refusal.count)}</b>
            <span className="pre">
              {refusal.reason}
              <div className="dim">{KINDS[refusal.kind]}</div>
            </span>
            <Time at={refusal.last_at} as="age" />
          </div>
          {mayRead && refusal.kind !== "dropped" && (
            <Anchor
              component="button"
              type="button"
              size="sm"
              ml={80}
              aria-expanded={open === refusal.reason}
              onClick={() => setOpen(open === refusal.reason ? undefined : refusal.reason)}
            >
              {open === refusal.reason ? "Hide records" : "Show records"}
            </Anchor>
          )}
          {open === refusal.reason && <Samples source={source.id} reason={refusal.reason} />}
        </div>
      ))}
    </Section>
  );
}

function Samples({ source, reason }: { source: string; reason: string }) {
  const query = useQuery({
    queryKey: ["sources", "refused", source, reason],
    queryFn: () => api.get<Refused>("/sources/refused", { source, reason }),
  });
  return (
    <Loaded query={query}>
      {({ samples }) =>
        samples.length === 0 ? (
          <div className="dim" style={{ marginLeft: 80 }}>
            None was kept: they were gone before they could be read.
          </div>
        ) : (
          <ol style={{ margin: "4px 0 0 80px", padding: 0, listStyle: "none" }}>
            {samples.map((sample) => (
              <li key={`${sample.at}${sample.text}`} style={{ marginBottom: 6 }}>
                <span className="dim">
                  {count(sample.size_bytes)} bytes, <Time at={sample.at} as="age" />
                </span>
                <pre
                  className="mono"
                  style={{
                    margin: 0,
                    whiteSpace: "pre-wrap",
                    overflowWrap: "anywhere",
                    maxHeight: 160,
                    overflow: "auto",
                  }}
                >
                  {sample.text}
                </pre>
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}
