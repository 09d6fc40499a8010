import { ActionIcon, Button, Code, Modal } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Agent, Json } from "../api/types";
import { clause } from "../format/lucene";
import { bytes, count, text } from "../format/number";
import { Status } from "../parts/Chip";
import { Facts, Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";

/** One agent: what it watches, what it keeps, what host it is on. */
export function AgentFlyout({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery({ queryKey: ["agents", id], queryFn: () => api.get<Agent>(`/agents/${id}`) });
  return (
    <aside className="flyout" aria-label="Agent">
      <Loaded query={query}>
        {(agent) => (
          <>
            <div className="section" style={{ display: "flex", gap: 10, alignItems: "center" }}>
              <b>{agent.name}</b>
              <Status value={agent.status} />
              <span style={{ flex: 1 }} />
              <Revoke agent={agent} onDone={onClose} />
              <ActionIcon aria-label="Close" onClick={onClose}>
                <IconX size={15} />
              </ActionIcon>
            </div>
            <div className="scroll">
              <Section
                title="State"
                aside={
                  <Link to={`/search?q=${encodeURIComponent(clause("agent.name", agent.name))}`}>
                    Its events
                  </Link>
                }
              >
                <Facts
                  items={[
                    ["Last seen", <Time key="s" at={agent.last_seen_at} as="full" />],
                    ["Enrolled", <Time key="e" at={agent.enrolled_at} as="full" />],
                    ["System", agent.os ?? "–"],
                    ["Addresses", agent.addresses?.join(", ")],
                    ["Acknowledged up to", count(agent.mark)],
                    [
                      "Spool",
                      agent.spool
                        ? `${count(agent.spool.records ?? 0)} records, ${bytes(agent.spool.bytes ?? 0)}, ${count(agent.spool.refused ?? 0)} refused`
                        : "–",
                    ],
                  ]}
                />
              </Section>
              <Section title="Collectors">
                <Tree value={agent.collectors} />
              </Section>
              <Section title="Inventory">
                {agent.inventory ? (
                  <Tree value={agent.inventory} />
                ) : (
                  <span className="dim">The agent has not sent one yet.</span>
                )}
              </Section>
            </div>
          </>
        )}
      </Loaded>
    </aside>
  );
}

function Tree({ value }: { value: Json }) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return <Code block>{JSON.stringify(value, null, 2)}</Code>;
  return (
    <Facts
      items={Object.entries(value).map(([name, inner]) => [
        name,
        typeof inner === "object" && inner !== null ? (
          <details key={name}>
            <summary>{Array.isArray(inner) ? `${inner.length} entries` : text(Object.keys(inner))}</summary>
            <Code block>{JSON.stringify(inner, null, 2)}</Code>
          </details>
        ) : (
          text(inner)
        ),
      ])}
    />
  );
}

function Revoke({ agent, onDone }: { agent: Agent; onDone: () => void }) {
  const may = useMay("agents:write");
  const [asking, setAsking] = useState(false);
  const revoke = useChange(() => api.del(`/agents/${agent.id}`), [["agents"]], `${agent.name} revoked`);
  if (!may || agent.status === "revoked") return null;
  return (
    <>
      <Button onClick={() => setAsking(true)}>Revoke…</Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Revoke ${agent.name}?`} size="sm">
        <p style={{ marginTop: 0 }}>
          Its key stops working at once. The host must be enrolled again to send anything. What it sent stays.
        </p>
        <Button
          color="red"
          variant="filled"
          loading={revoke.isPending}
          onClick={() => revoke.mutate(undefined, { onSuccess: onDone })}
        >
          Revoke 1 agent
        </Button>
      </Modal>
    </>
  );
}
