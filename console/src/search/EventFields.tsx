import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPinned, IconPinnedOff } from "@tabler/icons-react";
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
  /** Fields that stand on top. */
  pinned?: string[];
  onPin?: (name: string) => void;
}

/** An event's fields and values, one a row. */
export function EventFields({ event, matched, only, state, pinned = [], onPin }: Props) {
  const rank = (name: string) => Number(pinned.includes(name)) + Number(matched?.has(name) ?? false);
  const names = Object.keys(event.fields)
    .filter((name) => !only || only.has(name))
    .sort((a, b) => rank(b) - rank(a) || a.localeCompare(b));
  return names.map((name) => {
    const value = event.fields[name];
    const isPinned = pinned.includes(name);
    return (
      <div key={name} className={`field${matched?.has(name) ? " matched" : ""}${isPinned ? " pinned" : ""}`}>
        <span className="mono dim cut" title={name}>
          {name}
        </span>
        <span className="mono" style={{ overflowWrap: "anywhere" }}>
          {text(value)}
        </span>
        <span className="tools">
          {state ? (
            <FieldTools field={name} value={value} state={state} />
          ) : (
            <CopyButton text={defang(text(value))} label={`Copy ${name}`} />
          )}
          {onPin && (
            <Tooltip label={isPinned ? `Unpin ${name}` : `Pin ${name} to the top`}>
              <ActionIcon
                aria-label={isPinned ? `Unpin ${name}` : `Pin ${name} to the top`}
                onClick={() => onPin(name)}
              >
                {isPinned ? <IconPinnedOff size={14} /> : <IconPinned size={14} />}
              </ActionIcon>
            </Tooltip>
          )}
        </span>
      </div>
    );
  });
}
