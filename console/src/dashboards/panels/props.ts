import type { Panel } from "../../api/dashboards";
import type { Part } from "../drill";

/** What every picture gets: the panel, the answer, and what a click on a part of it does. */
export interface PictureProps<A> {
  panel: Panel;
  answer: A;
  /** `away`: open the rows in their own list instead of narrowing the dashboard. */
  onPart: (part: Part, away: boolean) => void;
}

/** A click with Ctrl or the Mac's command key opens the rows. */
export function isAway(event: { ctrlKey?: boolean; metaKey?: boolean } | undefined): boolean {
  return Boolean(event?.ctrlKey || event?.metaKey);
}

/** What ECharts tells of a click. */
export interface Clicked {
  dataIndex: number;
  seriesIndex?: number;
  name?: string;
  value?: unknown;
  event?: { event?: MouseEvent };
}
