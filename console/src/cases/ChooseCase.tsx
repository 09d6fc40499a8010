import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Case, Page } from "../api/types";
import { Grid } from "../parts/Grid";
import { QueryBox } from "../parts/QueryBox";
import { Severity } from "../parts/Severity";
import { Empty, Loaded } from "../parts/State";

interface Props {
  title: string;
  opened: boolean;
  onClose: () => void;
  onPick: (chosen: Case) => void;
}

/** A dialog to choose one of the open cases. */
export function ChooseCase({ title, opened, onClose, onPick }: Props) {
  const [q, setQ] = useState("");
  const params = { q, status: ["new", "in_progress"], limit: 50 };
  const query = useQuery({
    queryKey: ["cases", "open", params],
    enabled: opened,
    queryFn: () => api.get<Page<Case>>("/cases", params),
  });
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <div style={{ display: "flex", marginBottom: 8 }}>
        <QueryBox value={q} onRun={setQ} placeholder="Words of its title" />
      </div>
      <Loaded query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No open case fits">Escalate an alert with the key e, or make a case by hand.</Empty>
          ) : (
            <Grid
              label="Open cases"
              rows={items}
              id={(row) => row.id}
              keys={false}
              most={10}
              onOpen={onPick}
              columns={[
                {
                  key: "severity",
                  title: "Severity",
                  width: "84px",
                  render: (c) => <Severity level={c.severity} />,
                },
                {
                  key: "title",
                  title: "Case",
                  width: "minmax(220px, 1fr)",
                  render: (c) => `#${c.number} ${c.title}`,
                },
                { key: "assignee", title: "Assignee", width: "90px", render: (c) => c.assignee },
              ]}
            />
          )
        }
      </Loaded>
    </Modal>
  );
}
