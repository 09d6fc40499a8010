import { Button, Tooltip } from "@mantine/core";
import { useState } from "react";
import { type Bulk, useAlertChanges } from "../api/alerts";
import { useMay, useUser } from "../api/session";
import type { Alert } from "../api/types";
import { useKeys } from "../keys/keys";
import { BulkDialog } from "./BulkDialog";
import { CloseDialog } from "./CloseDialog";
import { MergeDialog } from "./MergeDialog";
import { useEscalate } from "./useEscalate";

interface Props {
  /** The selected alerts; when there are any, actions take them all, after a preview. */
  chosen: Alert[];
  /** The one alert that is open, or under the cursor. */
  target?: Alert;
  onDone: () => void;
}

/** Assign, close, escalate, merge: by key on one alert, or on all selected ones. */
export function Actions({ chosen, target, onDone }: Props) {
  const user = useUser();
  const may = useMay("alerts:write");
  const { patch } = useAlertChanges();
  const escalate = useEscalate();
  const [closing, setClosing] = useState<string | null>(null);
  const [merging, setMerging] = useState(false);
  const [bulk, setBulk] = useState<Bulk | null>(null);
  const many = chosen.length > 0;
  const alerts = many ? chosen : target ? [target] : [];
  const ids = alerts.map((alert) => alert.id);
  const plan = (action: Bulk["action"], args: Bulk["arguments"] = {}) =>
    setBulk({ ids, action, arguments: args });

  const assign = () =>
    many
      ? plan("assign", { assignee: user.login })
      : target && patch.mutate({ id: target.id, assignee: user.login });
  const promote = () => (many ? plan("promote") : target && escalate(target.id));
  useKeys(
    {
      a: assign,
      c: () => setClosing(""),
      f: () => setClosing("false_positive"),
      e: promote,
      m: () => !many && setMerging(true),
    },
    may && alerts.length > 0,
  );
  return (
    <>
      {many && may && (
        <div
          className="toolbar"
          role="toolbar"
          aria-label="Selected alerts"
          style={{ background: "var(--chosen)" }}
        >
          <b>{chosen.length} selected</b>
          <Act label="Assign to me" hint="a" run={assign} />
          <Act label="Close…" hint="c" run={() => setClosing("")} />
          <Act label="Escalate" hint="e" run={promote} />
          <Act label="Reopen" run={() => plan("reopen")} />
          <Act label="Clear" hint="Esc" run={onDone} />
        </div>
      )}
      <CloseDialog
        key={`${closing}`}
        opened={closing !== null && alerts.length > 0}
        preset={closing ?? ""}
        alerts={alerts}
        onClose={() => setClosing(null)}
        onMany={(closure) => plan("close", { ...closure })}
      />
      {target && <MergeDialog opened={merging} alert={target} onClose={() => setMerging(false)} />}
      <BulkDialog bulk={bulk} alerts={chosen} onClose={() => setBulk(null)} onDone={onDone} />
    </>
  );
}

export function Act({
  label,
  hint,
  run,
  primary,
  disabled,
}: {
  label: string;
  hint?: string;
  run: () => void;
  primary?: boolean;
  disabled?: boolean;
}) {
  return (
    <Tooltip label={`Key: ${hint}`} disabled={!hint}>
      <Button variant={primary ? "filled" : "default"} onClick={run} disabled={disabled}>
        {label}
      </Button>
    </Tooltip>
  );
}
