import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { BrushComponent, GridComponent, ToolboxComponent, TooltipComponent } from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

use([BarChart, GridComponent, TooltipComponent, BrushComponent, ToolboxComponent, CanvasRenderer]);

interface Props {
  height: number;
  label: string;
  option: object;
  /** Wire events and return what unwires them. */
  wire?: (chart: ECharts) => () => void;
}

/** An ECharts canvas that follows the theme and its own width. */
export function Chart({ height, label, option, wire }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current, scheme === "dark" ? "dark" : undefined);
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, [scheme]);
  useEffect(() => {
    chart.current?.setOption({ backgroundColor: "transparent", animation: false, ...option }, true);
  }, [option, scheme]);
  useEffect(() => (chart.current && wire ? wire(chart.current) : undefined), [wire, scheme]);
  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
