import { ActionIcon, Button, Loader, Tooltip } from "@mantine/core";
import { IconDownload, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../api/changes";
import { api, url } from "../../api/client";
import { isRunning, REPORTS, type Report } from "../../api/reports";
import { bytes } from "../../format/number";
import { Time } from "../../parts/Time";

export function ReportList({ dashboard, reports }: { dashboard: string; reports: Report[] }) {
  return (
    <table className="dash-list">
      <thead>
        <tr>
          <th>When</th>
          <th>Report</th>
          <th>Outcome</th>
          <th>Sent to</th>
          <th className="right">Size</th>
          <th aria-label="What can be done" />
        </tr>
      </thead>
      <tbody>
        {reports.map((one) => (
          <tr key={one.id}>
            <td>
              <Time at={one.asked_at} as="full" />
            </td>
            <td>
              {one.title} <span className="dim">{one.format.toUpperCase()}</span>
            </td>
            <td role={isRunning(one) ? "status" : undefined}>
              <Outcome report={one} />
            </td>
            <td>{one.sent_to.join(", ")}</td>
            <td className="right">{one.size ? bytes(one.size) : "–"}</td>
            <td className="right">
              <Doing dashboard={dashboard} report={one} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Outcome({ report }: { report: Report }) {
  if (isRunning(report)) {
    const { progress, status, error } = report;
    const words = progress ? `panel ${progress.answered} of ${progress.panels}` : status === "making" ? "being made" : "waits";
    return (
      <span className="reports-do">
        <Loader size={12} />
        {words}
        {error && <span className="reports-bad"> to be tried again: {error}</span>}
      </span>
    );
  }
  if (report.status === "failed") return <span className="reports-bad">failed: {report.error}</span>;
  return (
    <>
      made in {((report.took_ms ?? 0) / 1000).toFixed(1)} s{report.error && <span className="reports-bad">, {report.error}</span>}
    </>
  );
}

/** A deleted report is gone for good, so the button asks once more. */
function Doing({ dashboard, report }: { dashboard: string; report: Report }) {
  const [isSure, setSure] = useState(false);
  const path = `/dashboards/${dashboard}/reports/${report.id}`;
  const remove = useChange(() => api.del<void>(path), [REPORTS]);
  return (
    <span className="reports-do">
      {report.file && (
        <Button
          size="compact-xs"
          component="a"
          href={url(`${path}/file`)}
          download
          leftSection={<IconDownload size={12} />}
          aria-label={`Download ${report.title}`}
        >
          Download
        </Button>
      )}
      {isSure ? (
        <Button
          size="compact-xs"
          color="red"
          autoFocus
          loading={remove.isPending}
          onClick={() => remove.mutate(undefined)}
          onBlur={() => setSure(false)}
        >
          Delete for good
        </Button>
      ) : (
        <Tooltip label="Delete">
          <ActionIcon
            disabled={report.status === "making"}
            onClick={() => setSure(true)}
            aria-label={`Delete ${report.title}`}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </span>
  );
}
