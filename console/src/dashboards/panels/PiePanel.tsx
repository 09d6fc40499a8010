import type { ECharts } from "echarts/core";
import { useCallback, useMemo } from "react";
import type { ItemsAnswer } from "../../api/dashboards";
import { useColours } from "../colours";
import { figure } from "../figure";
import { Picture } from "../Picture";
import { type Clicked, isAway, type PictureProps } from "./props";

/** Values as slices of a ring. */
export function PiePanel({ panel, answer, onPart }: PictureProps<ItemsAnswer>) {
  const colours = useColours();
  const { items, other } = answer;
  const isCount = !panel.measure || panel.measure.of === "count";
  const option = useMemo(() => {
    const data = items.map((item, at) => ({
      name: item.key,
      value: item.value ?? 0,
      itemStyle: { color: colours.of(item.key, at) },
    }));
    if (isCount && other > 0)
      data.push({ name: "other values", value: other, itemStyle: { color: colours.other } });
    return {
      tooltip: { trigger: "item", confine: true, valueFormatter: (v: number) => figure(v, panel.measure) },
      legend: {
        type: "scroll",
        orient: "vertical",
        right: 0,
        top: "middle",
        icon: "roundRect",
        itemWidth: 10,
        itemHeight: 10,
        textStyle: { color: colours.text, fontSize: 11, width: 110, overflow: "truncate" },
        tooltip: { show: true },
      },
      series: [
        {
          type: "pie",
          radius: ["45%", "78%"],
          center: ["32%", "50%"],
          label: { show: false },
          itemStyle: { borderWidth: 1, borderColor: "transparent" },
          data,
        },
      ],
    };
  }, [items, other, isCount, colours, panel.measure]);
  const wire = useCallback(
    (chart: ECharts) => {
      const click = (event: unknown) => {
        const { dataIndex, event: from } = event as Clicked;
        const item = items[dataIndex];
        if (item) onPart({ fields: [[panel.field ?? "", item.key]] }, isAway(from?.event));
      };
      chart.on("click", click);
      return () => void chart.off("click", click);
    },
    [items, onPart, panel.field],
  );
  return <Picture label={`${panel.title ?? "Slices"}: ${items.length} values`} option={option} wire={wire} />;
}
