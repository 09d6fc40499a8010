import type { ECharts } from "echarts/core";
import { useCallback, useMemo } from "react";
import type { Histogram } from "../api/types";
import { filled } from "../format/buckets";
import { count } from "../format/number";
import { after, local, type Range } from "../format/time";
import { Chart } from "./Chart";

interface Props {
  histogram: Histogram;
  /** The range asked for, which the chart shows whole. */
  range?: Range;
  height: number;
  onZoom: (range: Range) => void;
}

/** Counts over time as bars. Drag over a span to zoom into it; click a bar for its own span. */
export function EventBars({ histogram: given, range, height, onZoom }: Props) {
  const histogram = useMemo(() => filled(given, range), [given, range]);
  const { items, width_us } = histogram;
  const option = useMemo(() => optionOf(histogram), [histogram]);
  const wire = useCallback(
    (chart: ECharts) => {
      const zoom = (first: number, last: number) => {
        const a = items[Math.max(0, first)];
        const b = items[Math.min(items.length - 1, last)];
        if (a && b) onZoom({ from: new Date(a.start).toISOString(), to: after(b.start, width_us) });
      };
      const arm = () =>
        chart.dispatchAction({
          type: "takeGlobalCursor",
          key: "brush",
          brushOption: { brushType: "lineX", brushMode: "single" },
        });
      const onBrush = (event: unknown) => {
        const range = (event as { areas?: { coordRange?: [number, number] }[] }).areas?.[0]?.coordRange;
        if (range) zoom(range[0], range[1]);
      };
      const onClick = (event: { dataIndex?: number }) =>
        event.dataIndex !== undefined && zoom(event.dataIndex, event.dataIndex);
      chart.on("brushEnd", onBrush);
      chart.on("click", onClick);
      arm();
      return () => {
        chart.off("brushEnd", onBrush);
        chart.off("click", onClick);
      };
    },
    [items, width_us, onZoom],
  );
  return (
    <Chart height={height} option={option} wire={wire} label={`${count(histogram.total)} events over time`} />
  );
}

function optionOf({ items, width_us }: Histogram) {
  const isLong = width_us * items.length > 36 * 3600 * 1e6;
  const label: [number, number] = isLong ? [5, 16] : [11, width_us < 60e6 ? 19 : 16];
  return {
    grid: { left: 44, right: 8, top: 8, bottom: 20 },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: ([bar]: { dataIndex: number; value: number }[]) => {
        const item = bar && items[bar.dataIndex];
        return item ? `${local(item.start)}<br/><b>${count(item.count)}</b> events` : "";
      },
    },
    brush: {
      xAxisIndex: 0,
      brushType: "lineX",
      brushMode: "single",
      throttleType: "debounce",
      throttleDelay: 200,
    },
    // The brush brings buttons of its own; dragging needs none.
    toolbox: { show: false },
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
    series: [
      {
        type: "bar",
        data: items.map((item) => item.count),
        itemStyle: { color: "#5c7cfa" },
        barCategoryGap: "12%",
        large: true,
      },
    ],
  };
}
