import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconChartBar,
  IconCircleMinus,
  IconCirclePlus,
  IconColumnInsertRight,
  IconColumnRemove,
} from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTop } from "../api/events";
import { count, text } from "../format/number";
import { Loaded } from "../parts/State";
import { FieldTools } from "./FieldTools";
import type { SearchState } from "./state";

/** `12 %`, `<1 %`: a share as people read it. */
export function share(part: number, whole: number): string {
  const percent = (100 * part) / Math.max(1, whole);
  if (part > 0 && percent < 1) return "<1 %";
  return `${percent > 99 && percent < 100 ? ">99" : Math.round(percent)} %`;
}

/** How a field's values are spread over the events found, and what can be done with the field. */
export function TopValues({ field, state }: { field: string; state: SearchState }) {
  const query = useTop(state.search, field);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: "nearest" });
  }, [query.data]);
  return (
    <div className="top-values" ref={box}>
      <Tools field={field} state={state} />
      <Loaded query={query} rows={3}>
        {({ items, total, present }) =>
          items.length === 0 ? (
            <span className="dim">No values in this search.</span>
          ) : (
            <>
              {items.map((item) => (
                <div key={text(item.value)} className="top-value">
                  <span className="mono cut" style={{ flex: 1 }} title={text(item.value)}>
                    {text(item.value)}
                  </span>
                  <span className="dim" title={`${count(item.count)} events`}>
                    {share(item.count, total)}
                  </span>
                  <FieldTools field={field} value={item.value} state={state} brief />
                  <i style={{ width: `${(100 * item.count) / Math.max(1, total)}%` }} />
                </div>
              ))}
              <div className="dim">
                In {count(present)} of {count(total)} events
              </div>
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function Tools({ field, state }: { field: string; state: SearchState }) {
  const isColumn = state.columns.includes(field);
  const isBroken = state.choice.by === field;
  const tools: [string, () => void, typeof IconCirclePlus][] = [
    [`Filter for events with ${field}`, () => state.filterExists(field), IconCirclePlus],
    [`Filter for events without ${field}`, () => state.filterExists(field, true), IconCircleMinus],
    [
      isColumn ? `Remove column ${field}` : `Add column ${field}`,
      () => state.toggleColumn(field),
      isColumn ? IconColumnRemove : IconColumnInsertRight,
    ],
    [
      isBroken ? "Chart without colours" : `Break the chart down by ${field}`,
      () => state.set({ by: isBroken ? null : field }, true),
      IconChartBar,
    ],
  ];
  return (
    <div style={{ display: "flex", gap: 2 }}>
      {tools.map(([label, run, Icon]) => (
        <Tooltip key={label} label={label}>
          <ActionIcon aria-label={label} onClick={run}>
            <Icon size={14} />
          </ActionIcon>
        </Tooltip>
      ))}
    </div>
  );
}
