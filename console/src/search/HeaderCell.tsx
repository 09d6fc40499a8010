import { Menu } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useRef } from "react";
import { clampWidth, nextSort } from "./columns";
import type { SearchState } from "./state";

const DRAGGED = "application/x-tocsin-column";

/** A column's head: a click sorts, dragging moves, the edge resizes; its menu does all of it by keys. */
export function HeaderCell({ name, state }: { name: string; state: SearchState }) {
  const { columns, search, moveColumn, resize, set } = state;
  const at = columns.indexOf(name);
  const cell = useRef<HTMLDivElement>(null);
  const Arrow = search.sort === `-${name}` ? IconArrowDown : search.sort === name ? IconArrowUp : null;
  const sort = (next: string) => set({ sort: next, event: null }, true);
  return (
    <div
      className="head-cell"
      ref={cell}
      onDragOver={(e) => e.dataTransfer.types.includes(DRAGGED) && e.preventDefault()}
      onDrop={(e) => {
        const dragged = e.dataTransfer.getData(DRAGGED);
        if (!dragged || dragged === name) return;
        e.preventDefault();
        moveColumn(dragged, at);
      }}
    >
      <button
        type="button"
        className="plain cut"
        title={`${name}: click to sort, drag to move`}
        draggable
        onDragStart={(e) => e.dataTransfer.setData(DRAGGED, name)}
        onClick={() => sort(nextSort(search.sort, name))}
      >
        {name}
        {Arrow && <Arrow size={12} aria-label={search.sort === name ? "least first" : "greatest first"} />}
      </button>
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className="plain head-menu" aria-label={`Column ${name}`}>
            ⋮
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => sort(`-${name}`)}>Sort, greatest first</Menu.Item>
          <Menu.Item onClick={() => sort(name)}>Sort, least first</Menu.Item>
          <Menu.Item disabled={!search.sort} onClick={() => sort("")}>
            Sort by time
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item disabled={at === 0} onClick={() => moveColumn(name, at - 1)}>
            Move left
          </Menu.Item>
          <Menu.Item disabled={at === columns.length - 1} onClick={() => moveColumn(name, at + 1)}>
            Move right
          </Menu.Item>
          <Menu.Item disabled={!(name in state.widths)} onClick={() => resize(name, null)}>
            Width as it fits
          </Menu.Item>
          <Menu.Item onClick={() => set({ by: name }, true)} disabled={name === "message"}>
            Break the chart down by it
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item disabled={columns.length === 1} onClick={() => state.toggleColumn(name)}>
            Remove column
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Edge name={name} width={() => cell.current?.parentElement?.offsetWidth ?? 100} resize={resize} />
    </div>
  );
}

interface EdgeProps {
  name: string;
  width: () => number;
  resize: (name: string, width: number | null) => void;
}

/** The right edge of a column: dragged, moved with the arrows, or put back by a double click. */
function Edge({ name, width, resize }: EdgeProps) {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${name}`}
      tabIndex={0}
      className="edge"
      onDoubleClick={() => resize(name, null)}
      onKeyDown={(e) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[e.key];
        if (!step) return;
        e.preventDefault();
        e.stopPropagation();
        resize(name, clampWidth(width() + step));
      }}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        start.current = { x: e.clientX, width: width() };
      }}
      onPointerMove={(e) => {
        const from = start.current;
        if (from) e.currentTarget.style.translate = `${e.clientX - from.x}px 0`;
      }}
      onPointerUp={(e) => {
        const from = start.current;
        start.current = null;
        e.currentTarget.style.translate = "";
        if (from && Math.abs(e.clientX - from.x) > 2) resize(name, clampWidth(from.width + e.clientX - from.x));
      }}
    />
  );
}
