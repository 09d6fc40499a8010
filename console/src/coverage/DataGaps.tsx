import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client";
import type { Gaps } from "../api/rules";
import { count } from "../format/number";
import { Grid } from "../parts/Grid";
import { Section } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";

/** The rules that no event kept can fulfil, and the fields whose absence is to blame. */
export function DataGaps() {
  const query = useQuery({ queryKey: ["coverage", "gaps"], queryFn: () => api.get<Gaps>("/coverage/gaps") });
  return (
    <Loaded query={query}>
      {(gaps) =>
        gaps.dead.length === 0 ? (
          <Empty title="No gaps">
            Each of the {count(gaps.rules)} rules can be fulfilled by events with the fields you keep.
          </Empty>
        ) : (
          <>
            <Section
              title={`${count(gaps.dead.length)} of ${count(gaps.rules)} rules cannot match: your data never had what they need`}
            >
              <span className="dim">Missing most: </span>
              {gaps.fields.slice(0, 24).map((field) => (
                <span key={field.name} className="mono" style={{ marginRight: 12, whiteSpace: "nowrap" }}>
                  {field.name} <span className="dim">{count(field.rules)}</span>
                </span>
              ))}
            </Section>
            <Grid
              label="Rules that cannot match"
              rows={gaps.dead}
              id={(gap) => gap.rule_id}
              columns={[
                {
                  key: "name",
                  title: "Rule",
                  width: "minmax(220px, 2fr)",
                  render: (gap) => <Link to={`/rules/${encodeURIComponent(gap.rule_id)}?tab=health`}>{gap.name}</Link>,
                },
                { key: "on", title: "In use", width: "60px", render: (gap) => (gap.enabled ? "on" : "off") },
                { key: "source", title: "Log source", width: "minmax(140px, 1fr)", render: (gap) => gap.logsource ?? "–" },
                {
                  key: "missing",
                  title: "Never had",
                  width: "minmax(180px, 2fr)",
                  render: (gap) => <span className="mono">{gap.missing.join(", ") || "its log source"}</span>,
                },
              ]}
            />
          </>
        )
      }
    </Loaded>
  );
}
