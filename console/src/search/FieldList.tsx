import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useFieldList, useTop } from "../api/events";
import type { FieldInfo } from "../api/types";
import { count, text } from "../format/number";
import { Loaded } from "../parts/State";
import { FieldTools } from "./FieldTools";
import type { SearchState } from "./state";

/** The fields that occur in this time; a click shows a field's most frequent values. */
export function FieldList({ state }: { state: SearchState }) {
  const query = useFieldList(state.search);
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const wanted = filter.toLowerCase();
  const fits = (field: FieldInfo) =>
    [field.name, ...(field.aliases ?? [])].some((name) => name.toLowerCase().includes(wanted));
  return (
    <aside
      aria-label="Fields"
      style={{
        width: 220,
        flex: "none",
        borderRight: "1px solid var(--line)",
        display: "flex",
        flexDirection: "column",
        minHeight: 0,
      }}
    >
      <TextInput
        aria-label="Filter fields"
        placeholder="Fields"
        m={8}
        value={filter}
        onChange={(e) => setFilter(e.currentTarget.value)}
      />
      <div className="scroll">
        <Loaded query={query} rows={10}>
          {({ items }) =>
            items.filter(fits).map((field) => (
              <div key={field.name}>
                <button
                  type="button"
                  className="plain"
                  aria-expanded={open === field.name}
                  onClick={() => setOpen(open === field.name ? null : field.name)}
                  title={`${field.name} (${field.type})${field.aliases?.length ? `, also ${field.aliases.join(", ")}` : ""}`}
                  style={{
                    display: "flex",
                    gap: 6,
                    padding: "2px 10px",
                    width: "100%",
                    boxSizing: "border-box",
                    fontWeight: state.columns.includes(field.name) ? 650 : 400,
                  }}
                >
                  <span className="mono cut" style={{ flex: 1 }}>
                    {field.name}
                  </span>
                  <span className="dim">{count(field.count)}</span>
                </button>
                {open === field.name && <TopValues field={field.name} state={state} />}
              </div>
            ))
          }
        </Loaded>
      </div>
    </aside>
  );
}

function TopValues({ field, state }: { field: string; state: SearchState }) {
  const query = useTop(state.search, field);
  return (
    <div style={{ padding: "2px 8px 8px 10px", background: "var(--panel)" }}>
      <Loaded query={query} rows={3}>
        {({ items }) => {
          const most = Math.max(1, ...items.map((item) => item.count));
          return items.length === 0 ? (
            <span className="dim">No values in this search.</span>
          ) : (
            items.map((item) => (
              <div
                key={text(item.value)}
                style={{
                  display: "flex",
                  alignItems: "center",
                  gap: 4,
                  minHeight: 22,
                  background: `linear-gradient(var(--chosen), var(--chosen)) no-repeat 0 100% / ${(100 * item.count) / most}% 2px`,
                }}
              >
                <span className="mono cut" style={{ flex: 1 }} title={text(item.value)}>
                  {text(item.value)}
                </span>
                <span className="dim">{count(item.count)}</span>
                <FieldTools field={field} value={item.value} state={state} brief />
              </div>
            ))
          );
        }}
      </Loaded>
    </div>
  );
}
