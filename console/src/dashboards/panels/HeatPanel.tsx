import type { ECharts } from "echarts/core";
import { useCallback, useMemo } from "react";
import type { HeatAnswer, Panel } from "../../api/dashboards";
import { count } from "../../format/number";
import { local } from "../../format/time";
import { useColours } from "../colours";
import type { Part } from "../drill";
import { escaped } from "../figure";
import { Picture } from "../Picture";
import { type Clicked, isAway, type PictureProps } from "./props";

const TIMES = ["hour", "weekday", "time"];

/** Counts over two sides, as colours. */
export function HeatPanel({ panel, answer, onPart }: PictureProps<HeatAnswer>) {
  const colours = useColours();
  const option = useMemo(() => optionOf(panel, answer, colours), [panel, answer, colours]);
  const wire = useCallback(
    (chart: ECharts) => {
      const click = (event: unknown) => {
        const { value, event: from } = event as Clicked;
        const [x, y] = value as [number, number];
        const part = partOf(panel, answer, x, y);
        if (part) onPart(part, isAway(from?.event));
      };
      chart.on("click", click);
      return () => void chart.off("click", click);
    },
    [answer, onPart, panel],
  );
  return <Picture label={`${panel.title ?? "Heatmap"}: ${count(answer.total)} in all`} option={option} wire={wire} />;
}

/** What a cell stands for; an hour of every day, or a weekday, is no span and no value of a field. */
function partOf(panel: Panel, answer: HeatAnswer, x: number, y: number): Part | null {
  const part: Part = { fields: [] };
  for (const [side, keys, at] of [
    [panel.x ?? "hour", answer.x, x],
    [panel.y ?? "weekday", answer.y, y],
  ] as const) {
    const key = keys[at];
    if (key === undefined) return null;
    if (side === "time") {
      part.range = { from: new Date(key).toISOString(), to: new Date(keys[at + 1] ?? answer.to).toISOString() };
    } else if (!TIMES.includes(side)) part.fields?.push([side, key]);
  }
  return part.fields?.length || part.range ? part : null;
}

function shown(side: string, keys: string[]): string[] {
  if (side !== "time") return keys;
  const [first, second] = keys;
  const isDays = first && second && Date.parse(second) - Date.parse(first) >= 864e5;
  return keys.map((key) => local(key).slice(5, isDays ? 10 : 16));
}

function optionOf(panel: Panel, answer: HeatAnswer, colours: ReturnType<typeof useColours>) {
  const x = shown(panel.x ?? "hour", answer.x);
  const y = shown(panel.y ?? "weekday", answer.y);
  const most = Math.max(1, ...answer.cells.map(([, , n]) => n));
  const axis = { axisTick: { show: false }, axisLine: { show: false }, splitArea: { show: false } };
  const label = { fontSize: 10, color: colours.text, hideOverlap: true };
  const wide = Math.max(...y.map((key) => key.length), 3);
  return {
    grid: { left: Math.min(150, 14 + wide * 6), right: 6, top: 6, bottom: 22 },
    tooltip: {
      confine: true,
      formatter: ({ value: [a, b, n] }: { value: [number, number, number] }) =>
        `${escaped(x[a] ?? "")} · ${escaped(y[b] ?? "")}<br/><b>${count(n)}</b>`,
    },
    visualMap: { show: false, min: 0, max: most, inRange: { color: colours.heat } },
    xAxis: { type: "category", data: x, axisLabel: { ...label, width: 70, overflow: "truncate" }, ...axis },
    yAxis: {
      type: "category",
      data: y,
      inverse: true,
      axisLabel: { ...label, width: 136, overflow: "truncate" },
      ...axis,
    },
    series: [{ type: "heatmap", data: answer.cells, itemStyle: { borderWidth: 1, borderColor: "transparent" } }],
  };
}
