import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../keys/keys";
import { Head, Line } from "./GridRows";
import type { Props } from "./grid.types";

export type { Column } from "./grid.types";

const ROW = 30;

/** The least width the columns need; below it the table scrolls sideways, with all rows aligned. */
function leastWidth(widths: string[]): number {
  const pixels = widths.map((width) => Number(/(\d+)px/.exec(width)?.[1] ?? 80));
  return pixels.reduce((sum, one) => sum + one + 12, 16);
}

/** A dense table: only visible rows exist; j/k move, x selects, Enter opens. */
export function Grid<T>(given: Props<T>) {
  const props = given.openId ? { ...given, columns: given.columns.filter((column) => !column.spare) } : given;
  const { rows, id, onOpen, openId, selected, onSelect, onEnd, most, keys = true, onCursor, follows } = props;
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length && last >= rows.length - 10) onEnd?.();
  }, [last, rows.length, onEnd]);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    virtual.scrollToIndex(next);
    onCursor?.(rows[next]);
    const row = rows[next];
    if (openId && row && onOpen && (follows?.(row) ?? true)) onOpen(row);
  };
  const toggle = (row: T) => {
    const next = new Set(selected);
    if (!next.delete(id(row))) next.add(id(row));
    onSelect?.(next);
  };
  const current = rows[at];
  useKeys(
    {
      j: () => move(at + 1),
      k: () => move(at - 1),
      arrowdown: () => move(at + 1),
      arrowup: () => move(at - 1),
      ...(onSelect && { x: () => current && toggle(current) }),
      ...(onOpen && { enter: () => current && onOpen(current) }),
    },
    keys && rows.length > 0,
  );
  const widths = [...(onSelect ? ["16px"] : []), ...props.columns.map((c) => c.width)];
  const template = widths.join(" ");
  const minWidth = leastWidth(widths);
  const style = most ? { maxHeight: ROW * most + 29, flex: "none" } : undefined;
  return (
    <div
      className="grid"
      ref={box}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length}
      style={style}
      tabIndex={-1}
    >
      <Head {...props} template={template} minWidth={minWidth} />
      <div style={{ height: virtual.getTotalSize(), position: "relative", minWidth }}>
        <div style={{ position: "absolute", top: shown[0]?.start ?? 0, left: 0, width: "100%" }}>
          {shown.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <Line
                key={id(row)}
                {...props}
                row={row}
                index={index}
                isAt={index === at}
                template={template}
                onClick={() => {
                  setAt(index);
                  onCursor?.(row);
                  onOpen?.(row);
                }}
                onToggle={() => toggle(row)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
