import type { ECharts } from "echarts/core";
import { useCallback, useMemo } from "react";
import type { TimeAnswer } from "../../api/dashboards";
import { local } from "../../format/time";
import { useColours } from "../colours";
import { stepRange } from "../drill";
import { escaped, figure } from "../figure";
import { Picture } from "../Picture";
import { type Clicked, isAway, type PictureProps } from "./props";

/** Figures over time, as bars, lines or areas; a click on a step narrows the time to it. */
export function TimePanel({ panel, answer, onPart }: PictureProps<TimeAnswer>) {
  const colours = useColours();
  const option = useMemo(() => optionOf(panel, answer, colours), [panel, answer, colours]);
  const wire = useCallback(
    (chart: ECharts) => {
      const click = (event: unknown) => {
        const { dataIndex, seriesIndex, event: from } = event as Clicked;
        const key = answer.series[seriesIndex ?? 0]?.key;
        const away = isAway(from?.event);
        const range = stepRange(answer, dataIndex);
        onPart({ range, fields: away && panel.split && key !== null ? [[panel.split, key]] : [] }, away);
      };
      const legend = (event: unknown) => {
        const { name } = event as { name: string };
        // The legend narrows to a series, and does not hide it.
        chart.dispatchAction({ type: "legendAllSelect" });
        if (panel.split) onPart({ fields: [[panel.split, name]] }, false);
      };
      chart.on("click", click);
      chart.on("legendselectchanged", legend);
      return () => {
        chart.off("click", click);
        chart.off("legendselectchanged", legend);
      };
    },
    [answer, onPart, panel.split],
  );
  return <Picture label={`${panel.title ?? "Figures"} over time`} option={option} wire={wire} />;
}

function optionOf(panel: PictureProps<TimeAnswer>["panel"], answer: TimeAnswer, colours: ReturnType<typeof useColours>) {
  const { starts, series, width_us } = answer;
  const style = panel.style ?? "bar";
  const isSplit = Boolean(panel.split);
  const isLong = width_us * starts.length > 36 * 3600 * 1e6;
  const label: [number, number] = width_us >= 864e8 ? [5, 10] : isLong ? [5, 16] : [11, width_us < 60e6 ? 19 : 16];
  const adds = !panel.measure || ["count", "sum"].includes(panel.measure.of);
  const stacked = isSplit && adds && panel.stacked !== false;
  return {
    grid: { left: 48, right: 10, top: isSplit ? 26 : 10, bottom: 22 },
    legend: isSplit
      ? {
          type: "scroll",
          top: 0,
          left: 0,
          icon: "roundRect",
          itemWidth: 10,
          itemHeight: 10,
          textStyle: { color: colours.text, fontSize: 11 },
        }
      : undefined,
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: style === "bar" ? "shadow" : "line" },
      formatter: (points: { dataIndex: number; seriesName: string; value: number | null; marker: string }[]) => {
        const start = starts[points[0]?.dataIndex ?? 0];
        const lines = points
          .filter((point) => point.value)
          .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
          .map(
            (point) =>
              `${point.marker}${isSplit ? `${escaped(point.seriesName)}: ` : ""}<b>${figure(point.value, panel.measure)}</b>`,
          );
        return [start ? local(start) : "", ...(lines.length ? lines : ["nothing"])].join("<br/>");
      },
    },
    xAxis: {
      type: "category",
      data: starts.map((start) => local(start).slice(...label)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { fontSize: 10, hideOverlap: true, color: colours.text },
    },
    yAxis: {
      type: "value",
      splitNumber: 3,
      axisLabel: { fontSize: 10, color: colours.text, formatter: (v: number) => figure(v, panel.measure) },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: series.map(({ key, values }, at) => ({
      name: key ?? "all",
      type: style === "bar" ? "bar" : "line",
      data: values,
      stack: stacked ? "all" : undefined,
      color: colours.of(key, at),
      areaStyle: style === "area" ? { opacity: stacked ? 0.6 : 0.25 } : undefined,
      showSymbol: values.filter((value) => value !== null).length < 20,
      symbolSize: 5,
      connectNulls: true,
      lineStyle: { width: 1.5 },
      triggerLineEvent: true,
      barCategoryGap: "12%",
    })),
  };
}
