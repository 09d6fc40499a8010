import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type Bulk, useAlertChanges, usePreview } from "../api/alerts";
import type { Alert } from "../api/types";
import { Loaded } from "../parts/State";

const WILL: Record<Bulk["action"], string> = {
  close: "be closed",
  assign: "be assigned to you",
  reopen: "be reopened",
  promote: "become cases",
  tag: "be tagged",
};

interface Props {
  bulk: Bulk | null;
  alerts: Alert[];
  onClose: () => void;
  onDone: () => void;
}

/** What the action would do to each alert, before it does. */
export function BulkDialog({ bulk, alerts, onClose, onDone }: Props) {
  const preview = usePreview(bulk);
  const { bulk: apply } = useAlertChanges();
  const name = (id: string) => {
    const alert = alerts.find((one) => one.id === id);
    return alert ? `#${alert.number} ${alert.title}` : id;
  };
  const run = () =>
    bulk &&
    apply.mutate(bulk, {
      onSuccess: (result) => {
        const failed = result.items.filter((item) => !item.ok).length;
        notifications.show({
          message: `${result.items.length - failed} done${failed ? `, ${failed} refused` : ""}`,
        });
        onClose();
        onDone();
      },
    });
  return (
    <Modal opened={bulk !== null} onClose={onClose} title="What will happen" size="lg">
      {bulk && (
        <Loaded query={preview} rows={3}>
          {({ items }) => {
            const good = items.filter((item) => item.ok);
            const bad = items.filter((item) => !item.ok);
            return (
              <>
                <p style={{ marginTop: 0 }}>
                  <b>{good.length}</b> of {items.length} alerts will {WILL[bulk.action]}
                  {bulk.action === "close" &&
                    ` as ${String(bulk.arguments.resolution).replaceAll("_", " ")}: “${bulk.arguments.reason}”`}
                  .
                </p>
                <List
                  title="Will not"
                  items={bad.map((item) => `${name(item.id)}: ${item.detail ?? "not possible"}`)}
                />
                <List
                  title="Will"
                  items={good.map((item) => `${name(item.id)}${item.detail ? `: ${item.detail}` : ""}`)}
                />
                <Button
                  variant="filled"
                  mt={12}
                  disabled={good.length === 0}
                  loading={apply.isPending}
                  onClick={run}
                  data-autofocus
                >
                  Apply to {good.length}
                </Button>
              </>
            );
          }}
        </Loaded>
      )}
    </Modal>
  );
}

function List({ title, items }: { title: string; items: string[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <b className="dim">{title}</b>
      <ul style={{ margin: "2px 0 10px", paddingLeft: 18, maxHeight: 200, overflow: "auto" }}>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </>
  );
}
