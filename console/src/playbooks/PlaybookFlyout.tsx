import { ActionIcon, Code } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Playbook } from "../api/types";
import { Section } from "../parts/Page";
import { Loaded } from "../parts/State";

/** One playbook: when it runs, its steps, its text. */
export function PlaybookFlyout({ name, onClose }: { name: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: ["playbooks", name],
    queryFn: () => api.get<Playbook>(`/playbooks/${encodeURIComponent(name)}`),
  });
  return (
    <aside className="flyout" aria-label="Playbook">
      <div className="section" style={{ display: "flex", gap: 10 }}>
        <b style={{ flex: 1 }}>{name}</b>
        <ActionIcon aria-label="Close" onClick={onClose}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      <div className="scroll">
        <Loaded query={query}>{(playbook) => <Body playbook={playbook} />}</Loaded>
      </div>
    </aside>
  );
}

function Body({ playbook }: { playbook: Playbook }) {
  return (
    <>
      <Section title="What it does" aside={<span className="mono">{playbook.version}</span>}>
        <div className="pre">{playbook.description}</div>
      </Section>
      <Section title="Runs on">
        {playbook.triggers.map((trigger) => (
          <div key={`${trigger.event}${trigger.when}`} className="mono">
            {trigger.event}
            {trigger.when && <span className="dim"> when {trigger.when}</span>}
          </div>
        ))}
      </Section>
      <Section title={`Steps (${playbook.steps.length})`}>
        {playbook.steps.map((step) => (
          <div
            key={step.name}
            style={{ display: "grid", gridTemplateColumns: "130px 1fr", gap: 10, minHeight: 24 }}
          >
            <b>{step.name}</b>
            <span className="mono">
              {step.action}
              {step.when && <span className="dim"> when {step.when}</span>}
            </span>
          </div>
        ))}
      </Section>
      {playbook.text && (
        <Section title={playbook.source_path ?? "Text"}>
          <Code block>{playbook.text}</Code>
        </Section>
      )}
    </>
  );
}
