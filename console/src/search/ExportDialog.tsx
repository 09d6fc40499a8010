import { Button, Modal, Progress as Bar, SegmentedControl, Select } from "@mantine/core";
import { useRef, useState } from "react";
import { describe } from "../api/changes";
import { ApiError, url } from "../api/client";
import type { Problem } from "../api/types";
import { bytes, count } from "../format/number";
import { rangeText } from "../format/time";
import { type Progress, readAll } from "./download";
import type { SearchState } from "./state";

const LIMITS = ["1000", "10000", "100000", "500000"];

interface Props {
  state: SearchState;
  /** How many events the search has, when it is known. */
  total: number | undefined;
  opened: boolean;
  onClose: () => void;
}

/** The events of the search as a file, with how far it is and a way to stop. */
export function ExportDialog({ state, total, opened, onClose }: Props) {
  const { search, columns } = state;
  const [format, setFormat] = useState("csv");
  const [which, setWhich] = useState("shown");
  const [limit, setLimit] = useState("100000");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [says, setSays] = useState("");
  const stop = useRef<AbortController>(null);
  const wanted = Math.min(Number(limit), total ?? Number(limit));
  const run = async () => {
    stop.current = new AbortController();
    setSays("");
    setProgress({ events: 0, bytes: 0 });
    const params = {
      q: search.q,
      from: search.from,
      to: search.to,
      format,
      lines: Number(limit),
      columns: format === "csv" && which === "shown" ? ["@timestamp", ...columns].join(",") : "",
    };
    try {
      const done = await save(url("/events/export", params), format, stop.current.signal, setProgress);
      setSays(`${count(done.events)} events saved, ${bytes(done.bytes)}.`);
    } catch (error) {
      setSays(stop.current.signal.aborted ? "Stopped; nothing was saved." : describe(error));
    }
    setProgress(null);
  };
  const close = () => {
    stop.current?.abort();
    setSays("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Export events">
      <p className="dim" style={{ marginTop: 0 }}>
        {search.q ? <span className="mono">{search.q}</span> : "All events"} · {rangeText(search)}
        {total !== undefined && ` · ${count(total)} events`}
      </p>
      <div style={{ display: "grid", gap: 10, justifyItems: "start" }}>
        <SegmentedControl
          aria-label="Format"
          value={format}
          onChange={setFormat}
          data={[
            { value: "csv", label: "CSV" },
            { value: "jsonl", label: "JSON lines" },
          ]}
        />
        {format === "csv" && (
          <Select
            label="Columns"
            value={which}
            onChange={(value) => setWhich(value ?? "shown")}
            data={[
              { value: "shown", label: `Time and the ${columns.length} shown` },
              { value: "all", label: "Every field there is" },
            ]}
          />
        )}
        <Select
          label="At most"
          value={limit}
          onChange={(value) => setLimit(value ?? "100000")}
          data={LIMITS.map((value) => ({ value, label: `${count(Number(value))} events` }))}
        />
        <div className="dim">
          {total !== undefined && total > Number(limit)
            ? `The oldest ${count(Number(limit))} of ${count(total)} are exported. `
            : "Oldest first. "}
          {format === "csv" && "What a spreadsheet would run as a formula is written as text. "}
          For more than this, GET /api/v1/events/export has no limit.
        </div>
        {progress ? (
          <>
            <Bar w="100%" value={(100 * progress.events) / Math.max(1, wanted)} aria-label="Progress" />
            <div role="status">
              {count(progress.events)} of {count(wanted)} events, {bytes(progress.bytes)}
            </div>
            <Button onClick={() => stop.current?.abort()}>Stop</Button>
          </>
        ) : (
          <Button variant="filled" onClick={() => void run()} data-autofocus>
            Export
          </Button>
        )}
        {says && <div role="status">{says}</div>}
      </div>
    </Modal>
  );
}

async function save(
  address: string,
  format: string,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<Progress> {
  const answer = await fetch(address, { signal, credentials: "same-origin" });
  if (!answer.ok || !answer.body)
    throw new ApiError(answer.status, (await answer.json().catch(() => ({}))) as Problem);
  const { pieces, progress } = await readAll(answer.body, format === "csv", tell);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces as BlobPart[]));
  link.download = `events.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
  return progress;
}
