import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { count } from "../format/number";
import { MOST_LIVE } from "./buffer";
import type { Tail } from "./useTail";

/** What the live tail does, what it has left out, and how to hold it. */
export function TailBar({ tail, onStop }: { tail: Tail; onStop: () => void }) {
  const { buffer, isPaused, setPaused, clear } = tail;
  const Icon = isPaused ? IconPlayerPlay : IconPlayerPause;
  const lost = [
    buffer.forgotten > 0 && `${count(buffer.forgotten)} older ones gave way (it holds ${count(MOST_LIVE)})`,
    buffer.dropped > 0 && `${count(buffer.dropped)} came too fast to be shown`,
    buffer.skipped > 0 && `${count(buffer.skipped)} commits were passed over to catch up`,
  ].filter(Boolean);
  return (
    <div className="toolbar tail-bar" role="status">
      <b className={isPaused ? "dim" : "live"}>{isPaused ? "Paused" : "Live"}</b>
      <span>
        {count(buffer.received)} {buffer.received === 1 ? "event" : "events"} since the start
        {lost.length > 0 && <span className="dim"> · {lost.join(" · ")}</span>}
        {isPaused && <span className="dim"> · resuming fetches what came meanwhile</span>}
        {!isPaused && buffer.received === 0 && (
          <span className="dim"> · waiting for events that fit the query; the time range does not matter here</span>
        )}
      </span>
      <span style={{ flex: 1 }} />
      <Button leftSection={<Icon size={13} />} onClick={() => setPaused(!isPaused)}>
        {isPaused ? "Resume" : "Pause"}
      </Button>
      <Button onClick={clear}>Clear</Button>
      <Button leftSection={<IconPlayerStop size={13} />} onClick={onStop}>
        Back to the search
      </Button>
    </div>
  );
}
