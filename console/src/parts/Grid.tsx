import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useKeys } from "../keys/keys";

export interface Column<T> {
  key: string;
  title: ReactNode;
  /** A CSS grid track, such as `90px` or `minmax(200px, 1fr)`. */
  width: string;
  render: (row: T) => ReactNode;
  align?: "right";
  /** The order this column asks of the server. */
  sort?: string;
  /** Left out while a row is open beside the table. */
  spare?: boolean;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string;
  onOpen?: (row: T) => void;
  openId?: string | null;
  selected?: Set<string>;
  onSelect?: (ids: Set<string>) => void;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Called when the end comes near, to load the next page. */
  onEnd?: () => void;
  /** Height in rows when the table does not fill its parent. */
  most?: number;
  keys?: boolean;
  onCursor?: (row: T | undefined) => void;
  /** One cell across all columns, for rows that head a group. */
  wide?: (row: T) => ReactNode;
  /** Whether moving onto this row opens it while another is open; all do when not given. */
  follows?: (row: T) => boolean;
}

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

interface LineProps<T> extends Props<T> {
  row: T;
  index: number;
  isAt: boolean;
  template: string;
  onClick: () => void;
  onToggle: () => void;
}

function Line<T>({ row, index, isAt, template, onClick, onToggle, ...props }: LineProps<T>) {
  const key = props.id(row);
  const isChosen = props.selected?.has(key) || key === props.openId;
  const wide = props.wide?.(row);
  const look = `grid-row${isAt ? " at" : ""}${isChosen ? " chosen" : ""}${props.onOpen ? "" : " still"}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter do this for the whole table
    <div
      role="row"
      tabIndex={-1}
      aria-selected={isChosen}
      aria-rowindex={index + 1}
      className={look}
      style={{ gridTemplateColumns: template }}
      onClick={onClick}
    >
      {props.onSelect && (
        <Checkbox
          aria-label="Select"
          checked={props.selected?.has(key) ?? false}
          onChange={onToggle}
          onClick={(e) => e.stopPropagation()}
        />
      )}
      {wide ? (
        <div role="gridcell" tabIndex={-1} style={{ gridColumn: `${props.onSelect ? 2 : 1} / -1` }}>
          {wide}
        </div>
      ) : (
        props.columns.map((column) => (
          <div key={column.key} role="gridcell" tabIndex={-1} className={column.align}>
            {column.render(row)}
          </div>
        ))
      )}
    </div>
  );
}

function Head<T>({
  rows,
  columns,
  id,
  selected,
  onSelect,
  sort,
  onSort,
  template,
  minWidth,
}: Props<T> & { template: string; minWidth: number }) {
  const all = rows.length > 0 && rows.every((row) => selected?.has(id(row)));
  return (
    <div className="grid-head" role="row" tabIndex={-1} style={{ gridTemplateColumns: template, minWidth }}>
      {onSelect && (
        <Checkbox
          aria-label="Select all"
          checked={all}
          indeterminate={!all && (selected?.size ?? 0) > 0}
          onChange={() => onSelect(all ? new Set() : new Set(rows.map(id)))}
        />
      )}
      {columns.map((c) =>
        c.sort && onSort ? (
          <button key={c.key} type="button" className={c.align} onClick={() => onSort(c.sort as string)}>
            {c.title} {sort === c.sort ? "↓" : ""}
          </button>
        ) : (
          <div key={c.key} role="columnheader" tabIndex={-1} className={c.align}>
            {c.title}
          </div>
        ),
      )}
    </div>
  );
}
