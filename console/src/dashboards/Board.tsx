import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useState } from "react";
import type { Asked, Panel, Place } from "../api/dashboards";
import type { Part } from "./drill";
import { COLUMNS, GAP, placed, ROW, rows } from "./layout";
import { PanelBox } from "./PanelBox";

/** Below this width panels stand one under the other. */
const NARROW = 760;

export interface BoardEditing {
  onChange: (panels: Panel[]) => void;
  onEdit: (id: string) => void;
  onDuplicate: (id: string) => void;
  onDelete: (id: string) => void;
}

interface Props {
  panels: Panel[];
  asked: Asked;
  onNarrow: (part: Part) => void;
  onFull: (id: string) => void;
  editing?: BoardEditing;
}

/** The panels on their grid; while editing, they are moved by their title and resized by their corner. */
export function Board({ panels, asked, onNarrow, onFull, editing }: Props) {
  const { ref, width } = useElementSize();
  const [held, setHeld] = useState<Panel[] | null>(null);
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  const isNarrow = width > 0 && width < NARROW;
  const shown = held ?? panels;

  const grab = (panel: Panel) => (event: PointerEvent, how: "move" | "size") => {
    if (event.button !== 0 || isNarrow) return;
    event.preventDefault();
    const [startX, startY] = [event.clientX, event.clientY];
    let last = panels;
    const follow = (move: globalThis.PointerEvent) => {
      const x = Math.round((move.clientX - startX) / (column + GAP));
      const y = Math.round((move.clientY - startY) / (ROW + GAP));
      last = placed(panels, panel.id, changed(panel.place, how, x, y));
      setHeld(last);
    };
    const leave = () => {
      window.removeEventListener("pointermove", follow);
      window.removeEventListener("keydown", escape, true);
      setHeld(null);
    };
    const drop = () => {
      leave();
      editing?.onChange(last);
    };
    const escape = (key: KeyboardEvent) => {
      if (key.key !== "Escape") return;
      key.stopPropagation();
      window.removeEventListener("pointerup", drop);
      leave();
    };
    window.addEventListener("pointermove", follow);
    window.addEventListener("pointerup", drop, { once: true });
    window.addEventListener("keydown", escape, true);
  };
  const by = (panel: Panel, how: "move" | "size") => (x: number, y: number) =>
    editing?.onChange(placed(panels, panel.id, changed(panel.place, how, x, y)));

  const inOrder = [...shown].sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x);
  return (
    <div
      ref={ref}
      className={`dash-board${held ? " held" : ""}`}
      style={isNarrow ? { display: "grid", gap: GAP } : { height: rows(shown) * (ROW + GAP) }}
    >
      {width > 0 &&
        inOrder.map((panel) => (
          <PanelBox
            key={panel.id}
            panel={panel}
            asked={asked}
            onNarrow={onNarrow}
            onFull={() => onFull(panel.id)}
            style={isNarrow ? { height: panel.place.h * (ROW + GAP) } : positioned(panel.place, column)}
            editing={
              editing && {
                onEdit: () => editing.onEdit(panel.id),
                onDuplicate: () => editing.onDuplicate(panel.id),
                onDelete: () => editing.onDelete(panel.id),
                onMoveBy: by(panel, "move"),
                onGrowBy: by(panel, "size"),
                onGrab: grab(panel),
              }
            }
          />
        ))}
    </div>
  );
}

function changed(place: Place, how: "move" | "size", x: number, y: number): Place {
  if (how === "move") return { ...place, x: place.x + x, y: place.y + y };
  return { ...place, w: Math.min(COLUMNS - place.x, place.w + x), h: place.h + y };
}

function positioned({ x, y, w, h }: Place, column: number) {
  return {
    position: "absolute" as const,
    left: x * (column + GAP),
    top: y * (ROW + GAP),
    width: w * column + (w - 1) * GAP,
    height: h * ROW + (h - 1) * GAP,
  };
}
