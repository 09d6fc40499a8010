import type { Run } from "../api/types";
import { duration } from "../format/time";
import { words } from "../format/words";
import { Status } from "../parts/Chip";
import { Grid } from "../parts/Grid";
import { Time } from "../parts/Time";

export function took(run: { started_at: string | null; ended_at: string | null }): string {
  return run.started_at && run.ended_at
    ? duration(Date.parse(run.ended_at) - Date.parse(run.started_at))
    : "";
}

export function RunTable({
  runs,
  onOpen,
  keys,
}: {
  runs: Run[];
  onOpen: (run: Run) => void;
  keys?: boolean;
}) {
  return (
    <Grid
      label="Runs"
      rows={runs}
      id={(run) => run.id}
      keys={keys}
      most={keys === false ? 20 : undefined}
      onOpen={onOpen}
      columns={[
        { key: "status", title: "Status", width: "84px", render: (r) => <Status value={r.status} /> },
        {
          key: "playbook",
          title: "Playbook",
          width: "minmax(130px, 1fr)",
          render: (r) => <b>{r.playbook}</b>,
        },
        { key: "subject", title: "On", width: "60px", render: (r) => words(r.subject_type) },
        { key: "started", title: "Started", width: "142px", render: (r) => <Time at={r.started_at} /> },
        { key: "took", title: "Took", width: "60px", align: "right", render: took },
        {
          key: "error",
          title: "Error",
          width: "minmax(80px, 1fr)",
          render: (r) => <span title={r.error ?? ""}>{r.error}</span>,
        },
      ]}
    />
  );
}
