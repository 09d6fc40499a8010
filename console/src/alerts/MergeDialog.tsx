import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAlertChanges } from "../api/alerts";
import { api } from "../api/client";
import type { Alert, Case, Page } from "../api/types";
import { Grid } from "../parts/Grid";
import { QueryBox } from "../parts/QueryBox";
import { Severity } from "../parts/Severity";
import { Empty, Loaded } from "../parts/State";

/** Choose the open case that an alert belongs to. */
export function MergeDialog({
  opened,
  alert,
  onClose,
}: {
  opened: boolean;
  alert: Alert;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text, 250);
  const { merge } = useAlertChanges();
  const params = { q, status: ["new", "in_progress"], limit: 20 };
  const query = useQuery({
    queryKey: ["cases", "list", params],
    enabled: opened,
    queryFn: () => api.get<Page<Case>>("/cases", params),
  });
  return (
    <Modal opened={opened} onClose={onClose} title={`Merge alert #${alert.number} into a case`} size="lg">
      <div style={{ display: "flex", marginBottom: 8 }}>
        <QueryBox value={text} onRun={setText} placeholder="Find an open case" />
      </div>
      <Loaded query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No open case">Escalate the alert instead: key e.</Empty>
          ) : (
            <Grid
              label="Open cases"
              rows={items}
              id={(row) => row.id}
              keys={false}
              most={10}
              onOpen={(row) => merge.mutate({ id: alert.id, case_id: row.id }, { onSuccess: onClose })}
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
