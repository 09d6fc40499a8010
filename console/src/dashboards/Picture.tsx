import { useElementSize } from "@mantine/hooks";
import { HeatmapChart, LineChart, PieChart } from "echarts/charts";
import { LegendComponent, VisualMapComponent } from "echarts/components";
import { type ECharts, use } from "echarts/core";
import { Chart } from "../parts/Chart";

use([LineChart, PieChart, HeatmapChart, LegendComponent, VisualMapComponent]);

interface Props {
  label: string;
  option: object;
  wire?: (chart: ECharts) => () => void;
}

/** A chart that fills its panel. */
export function Picture({ label, option, wire }: Props) {
  const { ref, height } = useElementSize();
  return (
    <div ref={ref} style={{ flex: 1, minHeight: 0, overflow: "hidden" }}>
      {height > 0 && <Chart height={height} label={label} option={option} wire={wire} />}
    </div>
  );
}
