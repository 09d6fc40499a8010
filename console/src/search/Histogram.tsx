import { ActionIcon, Select, Tooltip } from "@mantine/core";
import { IconChevronUp } from "@tabler/icons-react";
import { useMemo } from "react";
import { useFieldList } from "../api/events";
import type { Histogram as Counts } from "../api/types";
import { count } from "../format/number";
import { Bars } from "./Bars";
import { COLOURS, REST } from "./colours";
import type { SearchState } from "./state";

const STEPS = ["1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "6h", "12h", "1d"];
const UNITS: [string, number][] = [
  ["d", 86_400e6],
  ["h", 3600e6],
  ["m", 60e6],
  ["s", 1e6],
];

function stepText(us: number): string {
  const [unit, size] = UNITS.find(([, one]) => us % one === 0) ?? ["s", 1e6];
  return `${us / size}${unit}`;
}

/** Events over time, with the step and the field of its colours. */
export function Histogram({ state, counts, onHide }: { state: SearchState; counts: Counts; onHide: () => void }) {
  const { choice, search, set, setRange } = state;
  const fields = useFieldList(search).data?.items;
  const names = useMemo(
    () => (fields ?? []).filter((one) => one.type !== "text" && one.name !== "@timestamp").map((one) => one.name),
    [fields],
  );
  const shown = stepText(counts.width_us);
  const widened = choice.interval && choice.interval !== shown;
  return (
    <div className="histogram">
      <div className="histogram-bar">
        <Select
          aria-label="Step of the chart"
          size="xs"
          w={116}
          value={choice.interval}
          data={[{ value: "", label: `Auto${choice.interval ? "" : ` (${shown})`}` }, ...STEPS]}
          onChange={(value) => set({ interval: value }, true)}
        />
        <Select
          aria-label="Break down by"
          placeholder="Break down by field"
          size="xs"
          w={190}
          searchable
          clearable
          allowDeselect
          value={choice.by || null}
          data={names.includes(choice.by) || !choice.by ? names : [choice.by, ...names]}
          onChange={(value) => set({ by: value }, true)}
        />
        {widened && (
          <span className="dim">
            {choice.interval} steps would be too many here: showing {shown}
          </span>
        )}
        <Legend counts={counts} state={state} />
        <span style={{ flex: 1 }} />
        <Tooltip label="Hide the chart">
          <ActionIcon aria-label="Hide chart" onClick={onHide}>
            <IconChevronUp size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Bars counts={counts} range={search} height={92} onZoom={setRange} />
    </div>
  );
}

function Legend({ counts, state }: { counts: Counts; state: SearchState }) {
  const { values, field } = counts;
  if (!values || !field) return null;
  if (values.length === 0) return <span className="dim">No event here has {field}.</span>;
  const sums = values.map((_, i) => counts.items.reduce((sum, item) => sum + (item.parts?.[i] ?? 0), 0));
  const rest = counts.total - sums.reduce((sum, one) => sum + one, 0);
  return (
    <span className="legend">
      {values.map((value, i) => (
        <button
          key={value}
          type="button"
          className="plain"
          title={`Filter for ${field}:${value} (${count(sums[i])} events)`}
          onClick={() => state.filter(field, value)}
        >
          <i style={{ background: COLOURS[i] }} />
          <span className="mono cut">{value}</span>
        </button>
      ))}
      {rest > 0 && (
        <span className="dim">
          <i style={{ background: REST }} />
          others {count(rest)}
        </span>
      )}
    </span>
  );
}
