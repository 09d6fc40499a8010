import { Button, FileInput, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { ImportResult } from "../api/types";
import { count } from "../format/number";
import { TLP } from "../format/words";

const FORMATS = [
  { value: "auto", label: "Find out" },
  { value: "csv", label: "CSV" },
  { value: "freetext", label: "Free text" },
  { value: "misp", label: "MISP" },
];
const LABELS = Object.entries(TLP).map(([value, { label }]) => ({ value, label }));

/** Read indicators from a file; the lines that were refused are shown with their reasons. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [feed, setFeed] = useState("");
  const [format, setFormat] = useState<string | null>("auto");
  const [tlp, setTlp] = useState<string | null>("2");
  const [confidence, setConfidence] = useState<number | string>(70);
  const [days, setDays] = useState<number | string>("");
  const load = useChange((form: FormData) => api.upload<ImportResult>("/intel/import", form), [["intel"]]);
  const close = () => {
    load.reset();
    setFile(null);
    onClose();
  };
  const submit = () => {
    if (!file) return;
    const form = new FormData();
    form.append("file", file);
    const given = { feed: feed.trim(), format, tlp, confidence, expires_in_days: days };
    for (const [name, value] of Object.entries(given))
      if (value !== "" && value !== null) form.append(name, String(value));
    load.mutate(form);
  };
  return (
    <Modal opened={opened} onClose={close} title="Import indicators" size="lg">
      {load.data ? (
        <Result result={load.data} onDone={close} />
      ) : (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            submit();
          }}
        >
          <FileInput
            label="File"
            placeholder="CSV, text or MISP JSON"
            required
            value={file}
            mb={8}
            onChange={(f) => {
              setFile(f);
              if (!feed && f) setFeed(f.name.replace(/\.[^.]*$/, ""));
            }}
          />
          <TextInput
            label="Feed"
            description="The name its indicators are kept under"
            required
            mb={8}
            value={feed}
            onChange={(e) => setFeed(e.currentTarget.value)}
          />
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr 1fr 1fr", gap: 8, marginBottom: 12 }}>
            <Select label="Format" data={FORMATS} value={format} onChange={setFormat} />
            <Select label="TLP" data={LABELS} value={tlp} onChange={setTlp} />
            <NumberInput label="Confidence" min={0} max={100} value={confidence} onChange={setConfidence} />
            <NumberInput
              label="Expires in days"
              placeholder="never"
              min={1}
              value={days}
              onChange={setDays}
            />
          </div>
          <Button type="submit" variant="filled" disabled={!file || !feed.trim()} loading={load.isPending}>
            Import
          </Button>
        </form>
      )}
    </Modal>
  );
}

function Result({ result, onDone }: { result: ImportResult; onDone: () => void }) {
  return (
    <>
      <p style={{ marginTop: 0 }}>
        <b>{count(result.added)}</b> added, <b>{count(result.updated)}</b> updated,{" "}
        <b>{count(result.unchanged ?? 0)}</b> unchanged, <b>{count(result.removed ?? 0)}</b> removed,{" "}
        <b>{count(result.refused_count ?? result.refused.length)}</b> refused.
      </p>
      {result.refused.length > 0 && (
        <div style={{ maxHeight: 300, overflow: "auto", borderTop: "1px solid var(--line)" }}>
          {result.refused.map((line) => (
            <div
              key={`${line.line}${line.value}`}
              style={{
                display: "grid",
                gridTemplateColumns: "70px 1fr 1fr",
                gap: 10,
                borderBottom: "1px solid var(--line)",
                padding: "2px 0",
              }}
            >
              <span className="dim">line {line.line}</span>
              <span className="mono cut" title={line.value}>
                {line.value}
              </span>
              <span>{line.reason}</span>
            </div>
          ))}
        </div>
      )}
      <Button mt={12} onClick={onDone}>
        Done
      </Button>
    </>
  );
}
