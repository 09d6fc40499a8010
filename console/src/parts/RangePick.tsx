import { Button, Menu, NumberInput, Select, TextInput } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useState } from "react";
import { local, RANGES, type Range, rangeText, zoneText } from "../format/time";
import { readEnd } from "./readEnd";

const UNITS = [
  { value: "m", label: "minutes" },
  { value: "h", label: "hours" },
  { value: "d", label: "days" },
  { value: "w", label: "weeks" },
];

/** The time looked at: a named one, so much of the last, or from one moment to another. */
export function RangePick({ value, onPick }: { value: Range; onPick: (range: Range) => void }) {
  const [opened, setOpened] = useState(false);
  const pick = (range: Range) => {
    onPick(range);
    setOpened(false);
  };
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" width={400} closeOnItemClick={false}>
      <Menu.Target>
        <Button leftSection={<IconClock size={14} />} aria-label="Time range" title={zoneText()}>
          {rangeText(value)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="range-pick">
          <div>
            {RANGES.map(([start, title]) => (
              <Menu.Item key={start} onClick={() => pick({ from: start, to: "now" })}>
                Last {title}
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => pick({ from: midnight(0), to: "now" })}>Today</Menu.Item>
            <Menu.Item onClick={() => pick({ from: midnight(-1), to: midnight(0) })}>Yesterday</Menu.Item>
          </div>
          <div onKeyDown={(e) => e.key !== "Escape" && e.stopPropagation()} role="group" aria-label="Own range">
            <Last onPick={pick} />
            <Between value={value} onPick={pick} />
            <div className="dim">{zoneText()}</div>
          </div>
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}

function midnight(days: number): string {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toISOString();
}

function Last({ onPick }: { onPick: (range: Range) => void }) {
  const [n, setN] = useState<number | string>(6);
  const [unit, setUnit] = useState("h");
  return (
    <form
      style={{ display: "flex", gap: 6, alignItems: "end" }}
      onSubmit={(e) => {
        e.preventDefault();
        if (Number(n) > 0) onPick({ from: `now-${n}${unit}`, to: "now" });
      }}
    >
      <NumberInput label="Last" min={1} max={9999} allowDecimal={false} value={n} onChange={setN} w={64} />
      <Select
        aria-label="Unit"
        data={UNITS}
        value={unit}
        onChange={(one) => setUnit(one ?? "h")}
        comboboxProps={{ withinPortal: false, shadow: "none" }}
        w={92}
      />
      <Button type="submit">Apply</Button>
    </form>
  );
}

function Between({ value, onPick }: { value: Range; onPick: (range: Range) => void }) {
  const shown = (end: string) => (end.startsWith("now") ? end : local(end));
  const [from, setFrom] = useState(shown(value.from));
  const [to, setTo] = useState(shown(value.to));
  const ends = [readEnd(from), readEnd(to)];
  return (
    <form
      style={{ display: "grid", gap: 6 }}
      onSubmit={(e) => {
        e.preventDefault();
        if (ends[0] && ends[1]) onPick({ from: ends[0], to: ends[1] });
      }}
    >
      <TextInput
        label="From"
        placeholder="2026-11-24 05:00 or now-2h"
        value={from}
        error={from && !ends[0] ? "2026-11-24 05:00, or now-2h" : undefined}
        onChange={(e) => setFrom(e.currentTarget.value)}
      />
      <TextInput
        label="To"
        value={to}
        error={to && !ends[1] ? "2026-11-24 06:00, or now" : undefined}
        onChange={(e) => setTo(e.currentTarget.value)}
      />
      <Button type="submit" disabled={!ends[0] || !ends[1]}>
        Apply
      </Button>
    </form>
  );
}
