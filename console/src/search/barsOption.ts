import type { Histogram } from "../api/types";
import { count } from "../format/number";
import { local } from "../format/time";
import { COLOURS, REST } from "./colours";

/** Pixels beside the bars. */
export const LEFT = 44;
export const RIGHT = 8;

/** How the bars are drawn: one colour, or one for each value of the field they are broken down by. */
export function barsOption(histogram: Histogram) {
  const { items, width_us } = histogram;
  const isLong = width_us * items.length > 36 * 3600 * 1e6;
  const label: [number, number] = isLong ? [5, 16] : [11, width_us < 60e6 ? 19 : 16];
  return {
    grid: { left: LEFT, right: RIGHT, top: 8, bottom: 20 },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: ([bar]: { dataIndex: number }[]) => (bar ? tooltip(histogram, bar.dataIndex) : ""),
    },
    xAxis: {
      type: "category",
      data: items.map((item) => local(item.start).slice(...label)),
      axisTick: { show: false },
      axisLabel: { fontSize: 10, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 2,
      axisLabel: { fontSize: 10 },
      splitLine: { lineStyle: { opacity: 0.25 } },
    },
    series: seriesOf(histogram),
  };
}

function seriesOf({ items, values }: Histogram) {
  const look = { type: "bar", stack: "all", barCategoryGap: "12%", cursor: "crosshair" };
  if (!values?.length)
    return [{ ...look, data: items.map((item) => item.count), itemStyle: { color: COLOURS[0] } }];
  const rest = {
    ...look,
    data: items.map((item) => Math.max(0, item.count - (item.parts ?? []).reduce((a, b) => a + b, 0))),
    itemStyle: { color: REST },
  };
  const parts = values.map((_, i) => ({
    ...look,
    data: items.map((item) => item.parts?.[i] ?? 0),
    itemStyle: { color: COLOURS[i % COLOURS.length] },
  }));
  return [...parts, rest];
}

/** Values come from logs: nothing of them is read as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function tooltip({ items, values }: Histogram, at: number): string {
  const item = items[at];
  if (!item) return "";
  const lines = (values ?? [])
    .map((value, i) => [value.slice(0, 60), item.parts?.[i] ?? 0] as const)
    .filter(([, n]) => n > 0)
    .map(([value, n]) => `${escaped(value)}: ${count(n)}`);
  return [local(item.start), `<b>${count(item.count)}</b> events`, ...lines].join("<br/>");
}
