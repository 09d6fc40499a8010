import { ActionIcon, Button, Switch, Tooltip } from "@mantine/core";
import { IconPencil, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { refuse, useChange } from "../../api/changes";
import { api } from "../../api/client";
import { REPORTS, type Report, type Schedule } from "../../api/reports";
import { Time } from "../../parts/Time";
import { tellUndo } from "../../parts/undo";
import { spanWords, wordsOf } from "./when";

interface Props {
  schedules: Schedule[];
  /** Those a report of which is being made. */
  running: Set<string>;
  onEdit: (one: Schedule) => void;
}

export function ScheduleList({ schedules, running, onEdit }: Props) {
  return (
    <table className="dash-list">
      <thead>
        <tr>
          <th>On</th>
          <th>Report</th>
          <th>When</th>
          <th>To</th>
          <th>Next</th>
          <th>Last</th>
          <th aria-label="What can be done" />
        </tr>
      </thead>
      <tbody>
        {schedules.map((one) => (
          <Line key={one.id} schedule={one} isRunning={running.has(one.id)} onEdit={() => onEdit(one)} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ schedule, isRunning, onEdit }: { schedule: Schedule; isRunning: boolean; onEdit: () => void }) {
  const path = `/dashboards/${schedule.dashboard}/schedules/${schedule.id}`;
  const turn = useChange((enabled: boolean) => api.put(`${path}/enabled`, { enabled }), [REPORTS]);
  const run = useChange(() => api.post<Report>(`${path}/run`), [REPORTS]);
  const remove = useRemove(schedule, path);
  const to = [...schedule.channels, ...(schedule.keep ? ["kept here"] : [])];
  return (
    <tr>
      <td>
        <Switch
          size="xs"
          checked={schedule.enabled}
          disabled={turn.isPending}
          aria-label={`Make ${schedule.name} by itself`}
          onChange={(event) => turn.mutate(event.currentTarget.checked)}
        />
      </td>
      <td>
        <b>{schedule.name}</b> <span className="dim">{schedule.format.toUpperCase()}</span>
        <div className="dim">{spanWords(schedule.from, schedule.to)}</div>
      </td>
      <td>
        {wordsOf(schedule.cron)}
        <div className="dim">{schedule.zone}</div>
      </td>
      <td>{to.join(", ")}</td>
      <td>
        {schedule.stopped ? (
          <span className="reports-bad">switched off: {schedule.stopped}</span>
        ) : (
          <Time at={schedule.next_at} />
        )}
      </td>
      <td>
        <Time at={schedule.last?.at} as="age" />
        {schedule.last && schedule.last.status !== "done" && <span className="reports-bad"> {schedule.last.status}</span>}
      </td>
      <td className="right">
        <span className="reports-do">
          <Button
            size="compact-xs"
            leftSection={<IconPlayerPlay size={12} />}
            loading={run.isPending || isRunning}
            onClick={() => run.mutate(undefined)}
            aria-label={`Run ${schedule.name} now`}
          >
            Run now
          </Button>
          <Tooltip label="Change">
            <ActionIcon onClick={onEdit} aria-label={`Change ${schedule.name}`}>
              <IconPencil size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Remove">
            <ActionIcon onClick={remove} aria-label={`Remove ${schedule.name}`}>
              <IconTrash size={14} />
            </ActionIcon>
          </Tooltip>
        </span>
      </td>
    </tr>
  );
}

/** Take a schedule away; the message offers to bring it back. */
function useRemove(schedule: Schedule, path: string) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: REPORTS });
  return async () => {
    try {
      await api.del<void>(path);
      tellUndo(`Removed ${schedule.name}`, () => api.post(`${path}/restore`).then(again));
    } catch (error) {
      refuse(error, "Not removed");
    }
    void again();
  };
}
