import { ActionIcon, Code } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client";
import type { Rule } from "../api/types";
import { count } from "../format/number";
import { Tags } from "../parts/Chip";
import { Facts, Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";

/** One rule: its text, where it stands, and how it does. */
export function RuleFlyout({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: ["rules", "one", id],
    queryFn: () => api.get<Rule>(`/rules/${encodeURIComponent(id)}`),
  });
  return (
    <aside className="flyout" aria-label="Rule">
      <Loaded query={query}>
        {(rule) => (
          <>
            <div className="section" style={{ display: "flex", gap: 10 }}>
              <b style={{ flex: 1 }}>{rule.name}</b>
              <ActionIcon aria-label="Close" onClick={onClose}>
                <IconX size={15} />
              </ActionIcon>
            </div>
            <div className="scroll">
              <Section
                title={rule.id}
                aside={
                  <>
                    <Link to={`/rules/${encodeURIComponent(rule.id)}`}>Open, edit and test</Link>
                    {" · "}
                    <Link to={`/alerts?status=all&group=none&rule=${encodeURIComponent(rule.id)}`}>
                      Its alerts
                    </Link>
                  </>
                }
              >
                {rule.description && (
                  <div className="pre" style={{ marginBottom: 8 }}>
                    {rule.description}
                  </div>
                )}
                <Facts
                  items={[
                    ["From", `${rule.source_path}${rule.source_line ? `:${rule.source_line}` : ""}`],
                    ["Matches", count(rule.matches)],
                    ["Last match", <Time key="l" at={rule.last_match_at} as="full" />],
                    [
                      "Evaluated",
                      `${count(rule.evaluations)} times, ${count(rule.mean_ns)} ns each, ${count(rule.errors)} errors`,
                    ],
                    ["ATT&CK", rule.techniques.join(", ") || "–"],
                    ["Tags", <Tags key="t" values={rule.tags} />],
                  ]}
                />
              </Section>
              {rule.text && (
                <Section title="Text">
                  <Code block>{rule.text}</Code>
                </Section>
              )}
            </div>
          </>
        )}
      </Loaded>
    </aside>
  );
}
