import { TextInput } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useFieldList } from "../api/events";
import type { FieldInfo, TocsinEvent } from "../api/types";
import { count } from "../format/number";
import { useKeys } from "../keys/keys";
import { Loaded } from "../parts/State";
import type { SearchState } from "./state";
import { TopValues } from "./TopValues";

/** One letter for each type of field, as its title says in full. */
const SIGNS: Record<string, string> = { date: "d", ip: "@", long: "#", double: "#", text: "t", boolean: "b" };
/** Rows looked at for which fields the found events have: enough to tell, quickly done. */
const LOOKED_AT = 500;

interface Groups {
  chosen: FieldInfo[];
  seen: FieldInfo[];
  others: FieldInfo[];
}

function grouped(items: FieldInfo[], columns: string[], rows: TocsinEvent[]): Groups {
  const own = new Set(rows.length ? ["@timestamp", "message", "event.source", "event.sequence"] : []);
  for (const row of rows.slice(0, LOOKED_AT)) for (const name of Object.keys(row.fields)) own.add(name);
  const chosen = columns.flatMap((name) => items.find((one) => one.name === name) ?? []);
  const left = items.filter((one) => !columns.includes(one.name));
  return {
    chosen,
    seen: left.filter((one) => own.has(one.name)),
    others: left.filter((one) => !own.has(one.name)),
  };
}

/** The fields of this time: those in the table, those of the events found, the others. */
export function FieldList({ state, rows }: { state: SearchState; rows: TocsinEvent[] }) {
  const query = useFieldList(state.search);
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const box = useRef<HTMLInputElement>(null);
  useKeys({ "\\": () => box.current?.select() });
  const wanted = filter.toLowerCase();
  const first = rows.slice(0, LOOKED_AT);
  const key = `${first.length} ${first[0]?.id} ${first.at(-1)?.id}`;
  const { columns } = state;
  // The rows are known by their first and last.
  const groups = useMemo(() => grouped(query.data?.items ?? [], columns, first), [query.data, columns, key]);
  const fits = (field: FieldInfo) =>
    [field.name, ...field.aliases].some((name) => name.toLowerCase().includes(wanted));
  const part = (title: string, fields: FieldInfo[]) => {
    const shown = fields.filter(fits);
    if (shown.length === 0) return null;
    return (
      <section key={title} aria-label={title}>
        <h2 className="field-group">
          {title} <span>{shown.length}</span>
        </h2>
        {shown.map((field) => (
          <Field
            key={field.name}
            field={field}
            state={state}
            open={open === field.name}
            onToggle={() => setOpen(open === field.name ? null : field.name)}
          />
        ))}
      </section>
    );
  };
  return (
    <aside aria-label="Fields" className="field-list">
      <TextInput
        ref={box}
        aria-label="Filter fields"
        placeholder="Fields"
        title="Filter fields (\)"
        m={8}
        value={filter}
        onChange={(e) => setFilter(e.currentTarget.value)}
        onKeyDown={(e) => e.key === "Escape" && (filter ? setFilter("") : e.currentTarget.blur())}
      />
      <div className="scroll">
        <Loaded query={query} rows={10}>
          {({ items }) => (
            <>
              {part("Columns", groups.chosen)}
              {part("In these events", groups.seen)}
              {part("Elsewhere in this time", groups.others)}
              {items.length > 0 && !items.some(fits) && (
                <div className="pad dim">No field has “{filter}” in its name.</div>
              )}
              {items.length === 0 && <div className="pad dim">Fields appear here once there are events.</div>}
            </>
          )}
        </Loaded>
      </div>
    </aside>
  );
}

interface FieldProps {
  field: FieldInfo;
  state: SearchState;
  open: boolean;
  onToggle: () => void;
}

function Field({ field, state, open, onToggle }: FieldProps) {
  const { name, type, aliases } = field;
  const also = aliases.length ? `, also ${aliases.join(", ")}` : "";
  return (
    <div>
      <button
        type="button"
        className="plain field-name"
        aria-expanded={open}
        onClick={onToggle}
        title={`${name} (${type})${also}: ${count(field.count)} events of these days`}
      >
        <span className="type" aria-hidden>
          {SIGNS[type] ?? "k"}
        </span>
        <span className="mono cut" style={{ flex: 1 }}>
          {name}
        </span>
      </button>
      {open && <TopValues field={name} state={state} />}
    </div>
  );
}
