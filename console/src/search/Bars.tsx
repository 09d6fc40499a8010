import type { ECharts } from "echarts/core";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Histogram } from "../api/types";
import { filled } from "../format/buckets";
import { count } from "../format/number";
import { after, local, type Range } from "../format/time";
import { Chart } from "../parts/Chart";
import { barsOption, LEFT, RIGHT } from "./barsOption";

interface Props {
  counts: Histogram;
  range: Range;
  height: number;
  onZoom: (range: Range) => void;
}

/** Bars over time. Drag, or arrows with Shift and then Enter, zoom into a span; Esc lets go of it. */
export function Bars({ counts, range, height, onZoom }: Props) {
  const histogram = useMemo(() => filled(counts, range), [counts, range]);
  const option = useMemo(() => barsOption(histogram), [histogram]);
  const { items, width_us } = histogram;
  const [brush, setBrush] = useState<[number, number] | null>(null);
  // Another set of bars has other places.
  useEffect(() => setBrush(null), [histogram]);
  const zoom = useCallback(
    (a: number, b: number) => {
      const first = items[Math.max(0, Math.min(a, b))];
      const last = items[Math.min(items.length - 1, Math.max(a, b))];
      if (first && last) onZoom({ from: new Date(first.start).toISOString(), to: after(last.start, width_us) });
    },
    [items, width_us, onZoom],
  );
  const wire = useCallback((chart: ECharts) => wired(chart, items.length, setBrush, zoom), [items.length, zoom]);
  const onKeyDown = (e: React.KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[e.key] ?? 0;
    if (step) {
      const [anchor, at] = brush ?? [step > 0 ? -1 : items.length, step > 0 ? -1 : items.length];
      const next = Math.max(0, Math.min(items.length - 1, at + step));
      setBrush(e.shiftKey && brush ? [anchor, next] : [next, next]);
    } else if (e.key === "Enter" && brush) zoom(...brush);
    else if (e.key === "Escape" && brush) setBrush(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div
      className="bars"
      role="application"
      aria-label={`${count(histogram.total)} events over time. Arrows choose a bar, with Shift a span, Enter zooms in.`}
      // It takes keys.
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <Chart height={height} option={option} wire={wire} label={`${count(histogram.total)} events over time`} />
      {brush && <Chosen brush={brush} histogram={histogram} />}
    </div>
  );
}

/** The span that is chosen, over the bars, and in words. */
function Chosen({ brush, histogram }: { brush: [number, number]; histogram: Histogram }) {
  const { items, width_us } = histogram;
  const [first, last] = [Math.min(...brush), Math.max(...brush)];
  const a = items[first];
  const b = items[last];
  if (!a || !b) return null;
  const sum = items.slice(first, last + 1).reduce((total, item) => total + item.count, 0);
  const room = `(100% - ${LEFT + RIGHT}px)`;
  return (
    <>
      <div
        className="brush"
        style={{
          left: `calc(${LEFT}px + ${room} * ${first / items.length})`,
          width: `calc(${room} * ${(last - first + 1) / items.length})`,
        }}
      />
      <div className="brush-text" role="status">
        {local(a.start)} to {local(after(b.start, width_us))}: <b>{count(sum)}</b> events
      </div>
    </>
  );
}

/** Drag over the bars; a click is a drag of no width. Return what takes the listeners away. */
function wired(
  chart: ECharts,
  bars: number,
  tell: (brush: [number, number] | null) => void,
  zoom: (a: number, b: number) => void,
) {
  const zr = chart.getZr();
  let from: number | null = null;
  const barAt = (x: number) => {
    const room = chart.getWidth() - LEFT - RIGHT;
    return Math.max(0, Math.min(bars - 1, Math.floor(((x - LEFT) / room) * bars)));
  };
  const down = (e: { offsetX: number }) => {
    from = barAt(e.offsetX);
    tell([from, from]);
  };
  const move = (e: { offsetX: number }) => {
    if (from !== null) tell([from, barAt(e.offsetX)]);
  };
  const up = (e: { offsetX: number }) => {
    if (from !== null) zoom(from, barAt(e.offsetX));
    from = null;
  };
  const out = () => {
    if (from !== null) tell(null);
    from = null;
  };
  zr.on("mousedown", down);
  zr.on("mousemove", move);
  zr.on("mouseup", up);
  zr.on("globalout", out);
  return () => {
    zr.off("mousedown", down);
    zr.off("mousemove", move);
    zr.off("mouseup", up);
    zr.off("globalout", out);
  };
}
