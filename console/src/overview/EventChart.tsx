import { useMemo } from "react";
import { useNavigate } from "react-router";
import type { Histogram } from "../api/types";
import type { Range } from "../format/time";
import { EventBars } from "../parts/EventBars";

/** Events over time; a dragged span opens in the search. */
export function EventChart({
  histogram,
  range,
}: {
  histogram: Histogram | Histogram["items"];
  range: Range;
}) {
  const go = useNavigate();
  const whole = useMemo(() => toHistogram(histogram), [histogram]);
  return (
    <EventBars
      histogram={whole}
      range={range}
      height={150}
      onZoom={(range) => void go(`/search?from=${range.from}&to=${range.to}`)}
    />
  );
}

/** The overview may give bare buckets: their width is the distance of the first two. */
export function toHistogram(given: Histogram | Histogram["items"]): Histogram {
  if (!Array.isArray(given)) return given;
  const [first, second] = given;
  const width_us = first && second ? (Date.parse(second.start) - Date.parse(first.start)) * 1000 : 60_000_000;
  return { width_us, items: given, total: given.reduce((sum, item) => sum + item.count, 0) };
}
