import { MapChart } from "echarts/charts";
import { GeoComponent } from "echarts/components";
import { type ECharts, registerMap, use } from "echarts/core";
import { useCallback, useMemo } from "react";
import type { ItemsAnswer } from "../../api/dashboards";
import { count } from "../../format/number";
import { useColours } from "../colours";
import { escaped } from "../figure";
import { Picture } from "../Picture";
import { type Clicked, isAway, type PictureProps } from "./props";
import { countryName, world } from "./world";

use([MapChart, GeoComponent]);
registerMap("world", world as unknown as Parameters<typeof registerMap>[1]);

/** Countries, the darker the more; by the two-letter codes of a field. */
export function MapPanel({ panel, answer, onPart }: PictureProps<ItemsAnswer>) {
  const colours = useColours();
  const option = useMemo(
    () => ({
      tooltip: {
        trigger: "item",
        confine: true,
        formatter: ({ name, value }: { name: string; value: number }) =>
          Number.isNaN(value) ? escaped(countryName(name)) : `${escaped(countryName(name))}<br/><b>${count(value)}</b>`,
      },
      visualMap: {
        show: false,
        min: 0,
        max: Math.max(1, ...answer.items.map((item) => item.count)),
        inRange: { color: colours.heat.slice(1) },
      },
      series: [
        {
          type: "map",
          map: "world",
          nameProperty: "code",
          roam: true,
          top: 4,
          bottom: 4,
          itemStyle: { areaColor: colours.land, borderColor: colours.line, borderWidth: 0.5 },
          emphasis: { label: { show: false }, itemStyle: { areaColor: colours.series[1] } },
          select: { disabled: true },
          data: answer.items.map((item) => ({ name: item.key.toUpperCase(), value: item.count })),
        },
      ],
    }),
    [answer, colours],
  );
  const wire = useCallback(
    (chart: ECharts) => {
      const click = (event: unknown) => {
        const { name, event: from } = event as Clicked;
        const item = answer.items.find((one) => one.key.toUpperCase() === name);
        if (item) onPart({ fields: [[panel.field ?? "source.geo.country_iso_code", item.key]] }, isAway(from?.event));
      };
      chart.on("click", click);
      return () => void chart.off("click", click);
    },
    [answer.items, onPart, panel.field],
  );
  return <Picture label={`${panel.title ?? "Map"}: ${answer.items.length} countries`} option={option} wire={wire} />;
}
