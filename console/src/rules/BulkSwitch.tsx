import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { type SwitchOrder, switchMany, useRenewRules } from "../api/rules";
import { count } from "../format/number";
import { Loaded } from "../parts/State";
import { tellUndo } from "../parts/undo";

interface Props {
  order: SwitchOrder | null;
  onClose: () => void;
  onDone: () => void;
}

/** Which rules would be switched, which stay off and why; then it is done, and undone from the notice. */
export function BulkSwitch({ order, onClose, onDone }: Props) {
  return (
    <Modal
      opened={order !== null}
      onClose={onClose}
      title={order?.enabled ? "Switch rules on" : "Switch rules off"}
      size="lg"
    >
      {order && <Preview order={order} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function Preview({ order, onClose, onDone }: { order: SwitchOrder } & Omit<Props, "order">) {
  const [reason, setReason] = useState("");
  const renew = useRenewRules();
  const plan = useQuery({
    queryKey: ["rules", "switches", "plan", order],
    queryFn: () => switchMany(order, true),
    staleTime: 0,
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: (override: string) => switchMany({ ...order, reason, override }, false),
    onError: (error) => refuse(error),
    onSuccess: async (done) => {
      onClose();
      onDone();
      await renew();
      const change = done.change;
      if (!change) return;
      const said = `${count(done.count)} rules are ${done.enabled ? "on" : "off"}`;
      tellUndo(said, () => api.post(`/rules/switches/${change.id}/undo`).then(renew));
    },
  });
  return (
    <Loaded query={plan} rows={4}>
      {(found) => (
        <>
          <p style={{ marginTop: 0 }}>
            <b>{count(found.count)}</b> will be switched {order.enabled ? "on" : "off"}, {count(found.unchanged)}{" "}
            stand so already.
            {found.backtest &&
              ` Tried together on ${count(found.backtest.events)} events of the last days: ${count(found.backtest.busiest_day)} alerts on the busiest day; the budget is ${found.budget} for each rule.`}
            {found.backtest?.stopped_by && ` The bound of ${found.backtest.stopped_by} ended the test early.`}
          </p>
          {found.refused.length > 0 && (
            <Lines
              title={`${count(found.refused.length)} stay off`}
              items={found.refused.map((rule) => [rule.id, `${rule.name}: ${rule.reason}`])}
            />
          )}
          <Lines
            title="Will be switched"
            items={found.rules.map((rule) => [
              rule.id,
              `${rule.name}${rule.alerts ? `: ${rule.alerts} alerts, ${rule.busiest_day_alerts} on the busiest day` : ""}`,
            ])}
          />
          <TextInput
            label="Why"
            placeholder="For those who read the audit trail"
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
            data-autofocus
          />
          <div style={{ display: "flex", gap: 8, marginTop: 12 }}>
            <Button
              variant="filled"
              disabled={found.count === 0}
              loading={apply.isPending}
              onClick={() => apply.mutate("")}
            >
              Switch {count(found.count)} {order.enabled ? "on" : "off"}
            </Button>
            {found.refused.length > 0 && (
              <Button
                disabled={!reason.trim() || apply.isPending}
                title="Needs a reason"
                onClick={() => apply.mutate(reason)}
              >
                Override: switch on the {count(found.refused.length)} as well
              </Button>
            )}
          </div>
        </>
      )}
    </Loaded>
  );
}

function Lines({ title, items }: { title: string; items: [string, string][] }) {
  if (items.length === 0) return null;
  return (
    <>
      <b className="dim">{title}</b>
      <ul style={{ margin: "2px 0 10px", paddingLeft: 18, maxHeight: 180, overflow: "auto" }}>
        {items.slice(0, 300).map(([id, text]) => (
          <li key={id}>{text}</li>
        ))}
        {items.length > 300 && <li className="dim">and {count(items.length - 300)} more</li>}
      </ul>
    </>
  );
}
