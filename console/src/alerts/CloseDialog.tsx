import { Button, Modal, Select, Textarea } from "@mantine/core";
import { useState } from "react";
import { type Closing, useAlertChanges } from "../api/alerts";
import type { Alert } from "../api/types";
import { ALERT_RESOLUTIONS, options } from "../format/words";

interface Props {
  opened: boolean;
  preset: string;
  alerts: Alert[];
  onClose: () => void;
  /** Several alerts are closed through the preview. */
  onMany: (closure: Closing) => void;
}

/** Close with a resolution and the reason in words. */
export function CloseDialog({ opened, preset, alerts, onClose, onMany }: Props) {
  const [resolution, setResolution] = useState(preset || null);
  const [reason, setReason] = useState("");
  const { close } = useAlertChanges();
  const [only] = alerts;
  const isReady = resolution !== null && reason.trim() !== "";
  const submit = () => {
    if (!isReady || !resolution) return;
    const closure = { resolution, reason: reason.trim() };
    if (alerts.length > 1) {
      onMany(closure);
      onClose();
    } else if (only) close.mutate({ id: only.id, ...closure }, { onSuccess: onClose });
  };
  const title = alerts.length > 1 ? `Close ${alerts.length} alerts` : `Close alert #${only?.number}`;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      {alerts.length === 1 && <p style={{ marginTop: 0 }}>{only?.title}</p>}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
        onKeyDown={(e) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && submit()}
      >
        <Select
          label="Resolution"
          data={options(ALERT_RESOLUTIONS)}
          value={resolution}
          onChange={setResolution}
          data-autofocus={preset ? undefined : true}
          mb={8}
        />
        <Textarea
          label="Reason"
          placeholder="What you saw, and why that settles it"
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
          data-autofocus={preset ? true : undefined}
          minRows={3}
          mb={12}
        />
        <Button type="submit" variant="filled" disabled={!isReady} loading={close.isPending}>
          {alerts.length > 1 ? "Preview" : "Close alert"}
        </Button>
      </form>
    </Modal>
  );
}
