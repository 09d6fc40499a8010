import { Checkbox } from "@mantine/core";
import type { Props } from "./grid.types";

interface LineProps<T> extends Props<T> {
  row: T;
  index: number;
  isAt: boolean;
  template: string;
  onClick: () => void;
  onToggle: () => void;
}

export function Line<T>({ row, index, isAt, template, onClick, onToggle, ...props }: LineProps<T>) {
  const key = props.id(row);
  const isChosen = props.selected?.has(key) || key === props.openId;
  const wide = props.wide?.(row);
  const look = `grid-row${isAt ? " at" : ""}${isChosen ? " chosen" : ""}${props.onOpen ? "" : " still"}`;
  return (
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

export function Head<T>({
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
