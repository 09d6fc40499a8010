import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { useAlertChanges } from "../api/alerts";
import { useMay, useUser } from "../api/session";
import type { Alert } from "../api/types";
import { PapChip, Status, Tags, TlpChip, Verdict } from "../parts/Chip";
import { AssigneePick, SeverityPick } from "../parts/pickers";
import { Time } from "../parts/Time";
import { Act } from "./Actions";
import { CloseDialog } from "./CloseDialog";
import { MergeDialog } from "./MergeDialog";
import { useEscalate } from "./useEscalate";

const SETTLED = ["closed", "ignored", "imported"];

export function AlertHeader({ alert, corner }: { alert: Alert; corner?: ReactNode }) {
  const may = useMay("alerts:write");
  const { patch, reopen } = useAlertChanges();
  const user = useUser();
  const escalate = useEscalate();
  const [dialog, setDialog] = useState<"close" | "merge" | null>(null);
  const isOpen = !SETTLED.includes(alert.status);
  return (
    <header className="section" style={{ display: "grid", gap: 8 }}>
      <div style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
        <b style={{ flex: 1, fontSize: 14, overflowWrap: "anywhere" }}>
          <span className="dim">#{alert.number}</span> {alert.title}
        </b>
        {corner}
      </div>
      <div style={{ display: "flex", gap: 10, alignItems: "center", flexWrap: "wrap" }}>
        <SeverityPick
          value={alert.severity}
          onPick={(severity) => patch.mutate({ id: alert.id, severity })}
          disabled={!may}
        />
        <Status value={alert.status} resolution={alert.resolution} />
        {alert.verdict && <Verdict value={alert.verdict} />}
        <TlpChip value={alert.tlp} />
        <PapChip value={alert.pap} />
        <AssigneePick
          value={alert.assignee}
          onPick={(assignee) => patch.mutate({ id: alert.id, assignee })}
          disabled={!may}
        />
        <span className="dim">
          <Time at={alert.last_at} as="age" /> ago
        </span>
        {alert.case_number !== null && (
          <Link to={`/cases/${alert.case_number}`}>Case #{alert.case_number}</Link>
        )}
        <Tags values={alert.tags} />
      </div>
      {alert.reason && (
        <div className="pre">
          <span className="dim">{alert.closed_by ? `${alert.closed_by}: ` : "Reason: "}</span>
          {alert.reason}
        </div>
      )}
      {may && (
        <div style={{ display: "flex", gap: 6, flexWrap: "wrap" }}>
          {isOpen && <Act label="Close…" hint="c" run={() => setDialog("close")} primary />}
          {isOpen && <Act label="Escalate" hint="e" run={() => escalate(alert.id)} />}
          {isOpen && (
            <Act
              label="Assign to me"
              hint="a"
              run={() => patch.mutate({ id: alert.id, assignee: user.login })}
              disabled={alert.assignee === user.login}
            />
          )}
          {isOpen && <Act label="Merge…" hint="m" run={() => setDialog("merge")} />}
          {alert.status === "new" && (
            <Act label="Start" run={() => patch.mutate({ id: alert.id, status: "in_progress" })} />
          )}
          {(alert.status === "closed" || alert.status === "ignored") && (
            <Act label="Reopen" run={() => reopen.mutate(alert.id)} />
          )}
        </div>
      )}
      <CloseDialog
        opened={dialog === "close"}
        preset=""
        alerts={[alert]}
        onClose={() => setDialog(null)}
        onMany={() => undefined}
      />
      <MergeDialog opened={dialog === "merge"} alert={alert} onClose={() => setDialog(null)} />
    </header>
  );
}
