import { useInViewport } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";
import { type Answer, type Asked, type Panel, useAnswer } from "../api/dashboards";
import { Empty, ErrorBox, Rows } from "../parts/State";
import type { Part } from "./drill";
import { AttackPanel } from "./panels/AttackPanel";
import { CountPanel } from "./panels/CountPanel";
import { HeatPanel } from "./panels/HeatPanel";
import { PiePanel } from "./panels/PiePanel";
import { TablePanel } from "./panels/TablePanel";
import { TimePanel } from "./panels/TimePanel";
import { TopPanel } from "./panels/TopPanel";

// The shapes of the world and the Markdown reader are large: whoever shows neither does not load them.
const MapPanel = lazy(async () => ({ default: (await import("./panels/MapPanel")).MapPanel }));
const TextPanel = lazy(async () => ({ default: (await import("./panels/TextPanel")).TextPanel }));

interface Props {
  panel: Panel;
  asked: Asked;
  onPart: (part: Part, away: boolean, answer: Answer) => void;
  onAnswer?: (answer: Answer) => void;
}

/** A panel's picture, once it has been scrolled to; until then it asks nothing. */
export function PanelBody(props: Props) {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const [seen, setSeen] = useState(false);
  useEffect(() => setSeen((was) => was || inViewport), [inViewport]);
  return (
    <div ref={ref} className="dash-body">
      <Suspense fallback={<Rows n={3} />}>
        {props.panel.kind === "markdown" ? (
          <TextPanel text={props.panel.text ?? ""} />
        ) : (
          <Answered {...props} seen={seen} />
        )}
      </Suspense>
    </div>
  );
}

function Answered({ panel, asked, onPart, onAnswer, seen }: Props & { seen: boolean }) {
  const buckets = panel.kind === "time" ? Math.min(150, panel.place.w * 12) : 60;
  const { data, error, refetch } = useAnswer(panel, asked, buckets, seen);
  useEffect(() => {
    if (data) onAnswer?.(data);
  }, [data, onAnswer]);
  if (error) return <ErrorBox error={error} retry={() => void refetch()} />;
  if (!data || data.kind !== panel.kind) return <Rows n={Math.max(1, panel.place.h - 2)} height={18} />;
  if (isEmpty(data)) return <Nothing panel={panel} asked={asked} />;
  const part = (one: Part, away: boolean) => onPart(one, away, data);
  return (
    <>
      {data.partial && <div className="dim dash-note">Only the newest 50,000 are counted.</div>}
      <Drawn panel={panel} answer={data} onPart={part} />
    </>
  );
}

function Drawn({
  panel,
  answer,
  onPart,
}: {
  panel: Panel;
  answer: Answer;
  onPart: (part: Part, away: boolean) => void;
}) {
  switch (answer.kind) {
    case "count":
      return <CountPanel panel={panel} answer={answer} onPart={onPart} />;
    case "time":
      return <TimePanel panel={panel} answer={answer} onPart={onPart} />;
    case "top":
      return <TopPanel panel={panel} answer={answer} onPart={onPart} />;
    case "pie":
      return <PiePanel panel={panel} answer={answer} onPart={onPart} />;
    case "map":
      return <MapPanel panel={panel} answer={answer} onPart={onPart} />;
    case "table":
      return <TablePanel panel={panel} answer={answer} onPart={onPart} />;
    case "heatmap":
      return <HeatPanel panel={panel} answer={answer} onPart={onPart} />;
    case "attack":
      return <AttackPanel panel={panel} answer={answer} onPart={onPart} />;
  }
}

function isEmpty(answer: Answer): boolean {
  if (answer.kind === "count") return false;
  if (answer.kind === "top" || answer.kind === "pie" || answer.kind === "map") return answer.items.length === 0;
  if (answer.kind === "time") return answer.series.every((one) => one.values.every((value) => !value));
  return answer.total === 0;
}

/** What the rows would need to have, to be in this picture. */
function missing(panel: Panel): string {
  const fields = [panel.kind === "top" || panel.kind === "pie" ? panel.field : "", panel.measure?.field];
  const needed = fields.filter(Boolean);
  return needed.length ? ` with ${needed.join(" and ")}` : " here";
}

/** Nothing found: say what would be here, and what may be in the way. */
function Nothing({ panel, asked }: { panel: Panel; asked: Asked }) {
  const source = panel.source ?? "events";
  const hints = [
    "a longer time",
    ...(asked.filters.length && source === "events" ? ["fewer filters"] : []),
    ...(panel.query ? ["another query"] : []),
  ];
  return (
    <Empty title={`No ${source}${missing(panel)} in this time`}>
      {panel.kind === "map" ? (
        <>
          The map counts events by <code>{panel.field ?? "source.geo.country_iso_code"}</code>. Set{" "}
          <code>enrich.geoip</code> to a database of countries and have a pipeline fill it.
        </>
      ) : (
        <>
          {panel.query && (
            <>
              Asked: <code className="pre">{panel.query}</code>.{" "}
            </>
          )}
          Try {hints.join(", ")}.
        </>
      )}
    </Empty>
  );
}
