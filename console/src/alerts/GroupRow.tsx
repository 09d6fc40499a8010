import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { AlertGroup } from "../api/types";
import { count } from "../format/number";
import { Severity } from "../parts/Severity";
import { Time } from "../parts/Time";

/** One group of alerts as a row: how bad at worst, how many, how many still open. */
export function GroupRow({ group, expanded }: { group: AlertGroup; expanded: boolean }) {
  const Icon = expanded ? IconChevronDown : IconChevronRight;
  return (
    <div
      style={{
        display: "grid",
        gridTemplateColumns: "16px 88px minmax(200px, 3fr) 90px 90px 80px",
        columnGap: 12,
        alignItems: "center",
        fontWeight: 600,
      }}
    >
      <Icon size={15} aria-hidden />
      <Severity level={group.max_severity} />
      <span className="cut" title={group.label || group.key}>
        {group.label || group.key || <span className="dim">none</span>}
      </span>
      <span className="right">{count(group.count)} alerts</span>
      <span className="right">{count(group.open)} open</span>
      <span className="right dim">
        <Time at={group.last_at} as="age" />
      </span>
    </div>
  );
}
