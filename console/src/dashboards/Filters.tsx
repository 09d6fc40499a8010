import { ActionIcon, Button, Select, Tooltip } from "@mantine/core";
import { IconRefresh, IconX } from "@tabler/icons-react";
import type { BoardState } from "./state";
import { QueryBox } from "../parts/QueryBox";
import { RangePick } from "../parts/RangePick";

const REFRESHES = [
  ["0", "No refresh"],
  ["10", "Every 10 s"],
  ["30", "Every 30 s"],
  ["60", "Every minute"],
  ["300", "Every 5 min"],
  ["900", "Every 15 min"],
].map(([value, label]) => ({ value: value ?? "", label: label ?? "" }));

/** The filters of the whole page, its time, and how often it asks again. */
export function Filters({ state }: { state: BoardState }) {
  const { filters, own, refresh } = state;
  return (
    <div className="toolbar">
      <QueryBox
        value=""
        onRun={(text) => text && state.addFilters([text])}
        placeholder="Narrow every panel over events: host.name:web-01 · rule.level:>=7"
      />
      {own && (
        <Tooltip label="The dashboard's own query: change it by editing the dashboard">
          <span className="dash-filter own mono">{own}</span>
        </Tooltip>
      )}
      {filters.map((filter) => (
        <span key={filter} className="dash-filter mono" title={filter}>
          <span className="cut">{filter}</span>
          <ActionIcon size="xs" aria-label={`Remove the filter ${filter}`} onClick={() => state.removeFilter(filter)}>
            <IconX size={12} />
          </ActionIcon>
        </span>
      ))}
      {filters.length > 1 && <Button onClick={state.clearFilters}>Clear</Button>}
      <Select
        aria-label="Refresh"
        data={
          REFRESHES.some((one) => one.value === String(refresh))
            ? REFRESHES
            : [...REFRESHES, { value: String(refresh), label: `Every ${refresh} s` }]
        }
        value={String(refresh)}
        w={120}
        onChange={(value) => state.setRefresh(Number(value ?? 0))}
      />
      <Tooltip label="Ask again (r)">
        <ActionIcon aria-label="Ask again" onClick={state.again}>
          <IconRefresh size={15} />
        </ActionIcon>
      </Tooltip>
      <RangePick value={state.range} onPick={state.setRange} />
    </div>
  );
}
