import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconCircleMinus,
  IconCirclePlus,
  IconColumnInsertRight,
  IconColumnRemove,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { defang } from "../format/defang";
import { text } from "../format/number";
import { CopyButton } from "../parts/Value";
import type { SearchState } from "./state";

interface Props {
  field: string;
  value: unknown;
  state: SearchState;
  /** Only the filters. */
  brief?: boolean;
}

/** What can be done with a field and its value: filter for, filter out, add as column, copy. */
export function FieldTools({ field, value, state, brief }: Props) {
  const isColumn = state.columns.includes(field);
  return (
    <span className="tools" style={{ display: "flex" }}>
      <Tool
        label={`Filter for ${field}`}
        run={() => state.filter(field, value)}
        icon={<IconCirclePlus size={14} />}
      />
      <Tool
        label={`Filter out ${field}`}
        run={() => state.filter(field, value, true)}
        icon={<IconCircleMinus size={14} />}
      />
      {!brief && (
        <>
          <Tool
            label={isColumn ? `Remove column ${field}` : `Add column ${field}`}
            run={() => state.toggleColumn(field)}
            icon={isColumn ? <IconColumnRemove size={14} /> : <IconColumnInsertRight size={14} />}
          />
          <CopyButton text={defang(text(value))} label={`Copy ${field}`} />
        </>
      )}
    </span>
  );
}

function Tool({ label, run, icon }: { label: string; run: () => void; icon: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
