import type { TocsinEvent } from "../api/types";
import { defang } from "../format/defang";
import { text } from "../format/number";
import { CopyButton } from "../parts/Value";
import { FieldTools } from "./FieldTools";
import type { SearchState } from "./state";

interface Props {
  event: TocsinEvent;
  /** Fields to mark. */
  matched?: Set<string>;
  /** Show these fields only. */
  only?: Set<string>;
  /** In the search, fields carry filters. */
  state?: SearchState;
}

/** An event's fields and values, one a row. */
export function EventFields({ event, matched, only, state }: Props) {
  const names = Object.keys(event.fields)
    .filter((name) => !only || only.has(name))
    .sort(
      (a, b) => Number(matched?.has(b) ?? false) - Number(matched?.has(a) ?? false) || a.localeCompare(b),
    );
  return names.map((name) => {
    const value = event.fields[name];
    return (
      <div key={name} className={`field${matched?.has(name) ? " matched" : ""}`}>
        <span className="mono dim cut" title={name}>
          {name}
        </span>
        <span className="mono" style={{ overflowWrap: "anywhere" }}>
          {text(value)}
        </span>
        {state ? (
          <FieldTools field={name} value={value} state={state} />
        ) : (
          <span className="tools">
            <CopyButton text={defang(text(value))} label={`Copy ${name}`} />
          </span>
        )}
      </div>
    );
  });
}
