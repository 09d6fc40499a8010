import { Button } from "@mantine/core";
import { IconBroadcast, IconChevronDown, IconDownload } from "@tabler/icons-react";
import { useCallback, useMemo, useState } from "react";
import { useEvents, useHistogram } from "../api/events";
import { count } from "../format/number";
import { zoneText } from "../format/time";
import { useKeys } from "../keys/keys";
import { Page } from "../parts/Page";
import { RangePick } from "../parts/RangePick";
import { EventFlyout } from "./EventFlyout";
import { ExportDialog } from "./ExportDialog";
import { FieldList } from "./FieldList";
import { Histogram } from "./Histogram";
import { QueryError } from "./QueryError";
import { QueryInput } from "./QueryInput";
import { Refresh } from "./Refresh";
import { Results } from "./Results";
import { recentQueries, remember } from "./recent";
import { Saved } from "./Saved";
import { type SearchState, useSearch } from "./state";
import { TabBar } from "./TabBar";
import { TailBar } from "./TailBar";
import { useTabs } from "./useTabs";
import { useTail } from "./useTail";
import "./search.css";

const CHART_KEY = "tocsin.search.chart";

/** The event log: ask it, narrow it down, look at each event, keep the question. */
export function Search() {
  const tabs = useTabs();
  const state = useSearch(tabs.tabs.at);
  const [isLive, setLive] = useState(false);
  const [run, setRun] = useState(0);
  const [chart, setChart] = useState(localStorage.getItem(CHART_KEY) !== "off");
  const again = useCallback(() => setRun((n) => n + 1), []);
  const toggleChart = () => {
    localStorage.setItem(CHART_KEY, chart ? "off" : "on");
    setChart(!chart);
  };
  useKeys({
    escape: () => state.set({ event: null }, true),
    r: again,
    l: () => setLive(!isLive),
    h: toggleChart,
    t: () => tabs.open(),
    w: () => tabs.close(tabs.tabs.at),
    "[": () => tabs.step(-1),
    "]": () => tabs.step(1),
  });
  return (
    <Page title="Search" actions={<Actions state={state} isLive={isLive} onLive={() => setLive(!isLive)} />}>
      <div className="column">
        <TabBar tabs={tabs} />
        <Asked
          key={tabs.tabs.at}
          state={state}
          run={run}
          again={again}
          isLive={isLive}
          onStop={() => setLive(false)}
          chart={chart}
          onChart={toggleChart}
        />
      </div>
    </Page>
  );
}

function Actions({ state, isLive, onLive }: { state: SearchState; isLive: boolean; onLive: () => void }) {
  return (
    <>
      <Saved state={state} />
      <Button
        leftSection={<IconBroadcast size={14} />}
        title="Follow what arrives (l)"
        aria-pressed={isLive}
        variant={isLive ? "light" : "default"}
        onClick={onLive}
      >
        Live tail
      </Button>
      <RangePick value={state.search} onPick={state.setRange} />
    </>
  );
}

interface AskedProps {
  state: SearchState;
  run: number;
  again: () => void;
  isLive: boolean;
  onStop: () => void;
  chart: boolean;
  onChart: () => void;
}

/** One tab's question and its answer. */
function Asked({ state, run, again, isLive, onStop, chart, onChart }: AskedProps) {
  const { search, open, choice } = state;
  const [recent, setRecent] = useState(recentQueries);
  const [isExporting, setExporting] = useState(false);
  const events = useEvents(search, run, !isLive);
  const histogram = useHistogram(search, run, choice, !isLive);
  const tail = useTail(search.q, isLive);
  const found = useMemo(() => events.data?.pages.flatMap((page) => page.items) ?? [], [events.data]);
  const rows = isLive ? tail.buffer.rows : found;
  const error = isLive ? tail.error : (events.error ?? histogram.error);
  const ask = (q: string) => {
    state.run(q);
    setRecent(remember(q));
    again();
  };
  const counts = isLive || error ? undefined : histogram.data;
  return (
    <>
      <div className="toolbar">
        <QueryInput value={search.q} range={search} onRun={ask} error={Boolean(error)} recent={recent} />
        {!isLive && (
          <>
            <span className="dim" title={zoneText()} aria-live="polite">
              {counts ? `${count(counts.total)} ${counts.total === 1 ? "event" : "events"}` : ""}
            </span>
            <Refresh isBusy={events.isFetching && !events.isFetchingNextPage} onRun={again} />
            {!chart && (
              <Button leftSection={<IconChevronDown size={13} />} onClick={onChart}>
                Chart
              </Button>
            )}
            <Button leftSection={<IconDownload size={14} />} onClick={() => setExporting(true)}>
              Export
            </Button>
          </>
        )}
      </div>
      {isLive && <TailBar tail={tail} onStop={onStop} />}
      {error ? <QueryError query={search.q} error={error} retry={again} /> : null}
      {chart && counts && counts.items.length > 0 && (
        <Histogram state={state} counts={counts} onHide={onChart} />
      )}
      <div className={`search-body${open ? " with-event" : ""}`}>
        <FieldList state={state} rows={rows} />
        <Results state={state} rows={rows} events={isLive ? undefined : events} />
        {open && <EventFlyout key={open} id={open} state={state} rows={rows} />}
      </div>
      <ExportDialog
        state={state}
        total={counts?.total}
        opened={isExporting}
        onClose={() => setExporting(false)}
      />
    </>
  );
}
