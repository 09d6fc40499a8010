import type { Alert } from "../api/types";
import { count } from "../format/number";
import { Status, Verdict } from "../parts/Chip";
import type { Column } from "../parts/Grid";
import { Severity } from "../parts/Severity";
import { Time } from "../parts/Time";

export const COLUMNS: Column<Alert>[] = [
  {
    key: "severity",
    title: "Severity",
    width: "88px",
    sort: "-severity",
    render: (a) => <Severity level={a.severity} />,
  },
  {
    key: "last",
    title: "Last event",
    width: "92px",
    sort: "-last_at",
    render: (a) => <Time at={a.last_at} as="age" />,
  },
  {
    key: "title",
    title: "Alert",
    width: "minmax(220px, 3fr)",
    render: (a) => (
      <span title={a.title}>
        <span className="dim">#{a.number}</span> {a.title}
      </span>
    ),
  },
  {
    key: "entity",
    spare: true,
    title: "Entity",
    width: "minmax(110px, 1fr)",
    render: (a) => (
      <span className="mono" title={a.group_key && `${a.group_field} ${a.group_key}`}>
        {a.group_key}
      </span>
    ),
  },
  {
    key: "events",
    spare: true,
    title: "Events",
    width: "60px",
    align: "right",
    sort: "-event_count",
    render: (a) => count(a.event_count),
  },
  {
    key: "verdict",
    spare: true,
    title: "Verdict",
    width: "98px",
    render: (a) => <Verdict value={a.verdict} />,
  },
  {
    key: "status",
    title: "Status",
    width: "minmax(100px, 0.8fr)",
    render: (a) => <Status value={a.status} resolution={a.resolution} />,
  },
  {
    key: "assignee",
    spare: true,
    title: "Assignee",
    width: "84px",
    render: (a) => a.assignee ?? <span className="dim">–</span>,
  },
];
