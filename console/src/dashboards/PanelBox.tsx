import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconCopy,
  IconDots,
  IconInfoCircle,
  IconPencil,
  IconSearch,
  IconTrash,
} from "@tabler/icons-react";
import type { CSSProperties, KeyboardEvent, PointerEvent } from "react";
import { useCallback, useState } from "react";
import { useNavigate } from "react-router";
import type { Answer, Asked, Panel } from "../api/dashboards";
import { rangeText } from "../format/time";
import { type Part, rowsLink, spanOf } from "./drill";
import { PanelBody } from "./PanelBody";

export interface Editing {
  onEdit: () => void;
  onDuplicate: () => void;
  onDelete: () => void;
  onMoveBy: (x: number, y: number) => void;
  onGrowBy: (w: number, h: number) => void;
  onGrab: (event: PointerEvent, how: "move" | "size") => void;
}

interface Props {
  panel: Panel;
  asked: Asked;
  /** Narrow the dashboard to a part of the picture. */
  onNarrow: (part: Part) => void;
  full?: boolean;
  onFull: () => void;
  editing?: Editing;
  style?: CSSProperties;
}

const ESTIMATED =
  "Estimated: over more than 10,000 events the search server estimates different values and percentiles, within about 1 %.";
const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A panel with its title and what can be done with it. */
export function PanelBox({ panel, asked, onNarrow, full, onFull, editing, style }: Props) {
  const go = useNavigate();
  const [answer, setAnswer] = useState<Answer>();
  const source = panel.source ?? "events";
  const title = panel.title || panel.kind;
  const onPart = useCallback(
    (part: Part, away: boolean, about: Answer) => {
      // Alerts and cases have no filters here: their rows are in their own lists.
      if (away || source !== "events") {
        void go(rowsLink(panel, asked.filters, spanOf(panel, about, asked.range), part));
      } else onNarrow(part);
    },
    [go, panel, asked, source, onNarrow],
  );
  const onKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (!editing) {
      if (event.key !== "f" || event.ctrlKey || event.metaKey) return;
      onFull();
    }
    else if (event.key in STEPS) {
      const [x, y] = STEPS[event.key] ?? [0, 0];
      if (event.shiftKey) editing.onGrowBy(x, y);
      else editing.onMoveBy(x, y);
    } else if (event.key === "Delete") editing.onDelete();
    else if (event.key === "Enter") editing.onEdit();
    else if (event.key === "d") editing.onDuplicate();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section
      className={`dash-panel${editing ? " editing" : ""}`}
      style={style}
      aria-label={title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel is moved and resized with the keys
      tabIndex={0}
      onKeyDown={onKey}
      data-panel={panel.id}
    >
      <header onPointerDown={(event) => editing?.onGrab(event, "move")}>
        <h2 className="cut" title={title}>
          {title}
        </h2>
        {panel.description && (
          <Tooltip label={panel.description} multiline maw={320}>
            <IconInfoCircle size={14} className="dim" aria-label={panel.description} style={{ flex: "none" }} />
          </Tooltip>
        )}
        {answer?.approximate && (
          <Tooltip label={ESTIMATED} multiline maw={320}>
            <span className="dim" role="img" aria-label={ESTIMATED} data-approximate>
              ≈
            </span>
          </Tooltip>
        )}
        {panel.time && <span className="dim cut">{rangeText(panel.time)}</span>}
        {source !== "events" && asked.filters.length > 0 && (
          <Tooltip label={`Filters are about events: ${source} have other fields`}>
            <span className="dim">not filtered</span>
          </Tooltip>
        )}
        <span style={{ flex: 1 }} />
        <Tools
          panel={panel}
          full={full}
          onFull={onFull}
          editing={editing}
          onRows={() => void go(rowsLink(panel, asked.filters, spanOf(panel, answer, asked.range)))}
        />
      </header>
      <PanelBody panel={panel} asked={asked} onPart={onPart} onAnswer={setAnswer} />
      {editing && (
        <span
          className="dash-corner"
          aria-hidden
          onPointerDown={(event) => {
            event.stopPropagation();
            editing.onGrab(event, "size");
          }}
        />
      )}
    </section>
  );
}

function Tools({
  panel,
  full,
  onFull,
  editing,
  onRows,
}: {
  panel: Panel;
  full?: boolean;
  onFull: () => void;
  editing?: Editing;
  onRows: () => void;
}) {
  const title = panel.title || panel.kind;
  const source = panel.source ?? "events";
  return (
    <span className="dash-tools" onPointerDown={(event) => event.stopPropagation()}>
      {editing && (
        <ActionIcon aria-label={`Edit ${title}`} onClick={editing.onEdit}>
          <IconPencil size={14} />
        </ActionIcon>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Menu of ${title}`}>
            <IconDots size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {panel.kind !== "markdown" && (
            <Menu.Item leftSection={<IconSearch size={14} />} onClick={onRows}>
              {source === "events" ? "Open in Search" : `Open ${source}`}
            </Menu.Item>
          )}
          {!editing && <Menu.Item
            leftSection={full ? <IconArrowsMinimize size={14} /> : <IconArrowsMaximize size={14} />}
            onClick={onFull}
          >
            {full ? "Back to the dashboard" : "Whole page"}
          </Menu.Item>}
          {editing && (
            <>
              <Menu.Item leftSection={<IconCopy size={14} />} onClick={editing.onDuplicate}>
                Duplicate
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={14} />} onClick={editing.onDelete}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
